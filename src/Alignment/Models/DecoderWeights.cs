using Alignment.Checkpoints;
using TorchSharp;

namespace Alignment.Models;

/// <summary>
/// Names and shapes of a decoder's parameters as its configuration says, without making them: a checkpoint is held against these before any memory is
/// taken, and memory is estimated from them.
/// </summary>
internal static class DecoderWeights
{
    private static readonly Dictionary<string, string> s_untied = [], s_tied = new() { [Head] = Embedding };
    private const string Embedding = "model.embed_tokens.weight", Head = "lm_head.weight";
    private const string LayerPrefix = "model.layers.", WeightSuffix = ".weight";

    /// <summary>Every parameter, one after the other: a configuration may ask for more layers than a list could hold.</summary>
    public static IEnumerable<StoredTensor> Of(DecoderConfig config)
    {
        ModelShape shape = config.Shape;
        yield return Parameter(Embedding, shape.Vocabulary, shape.Width);
        for (int layer = 0; layer < shape.Layers; layer++)
            foreach (StoredTensor parameter in Layer(shape, config.Family))
                yield return parameter with { Name = $"{LayerPrefix}{layer}.{parameter.Name}" };
        yield return Parameter("model.norm.weight", shape.Width);
        if (config.Scores)
            yield return Parameter("score.weight", 1, shape.Width);
        else if (!config.TiedHead)
            yield return Parameter(Head, shape.Vocabulary, shape.Width);
    }

    /// <summary>Tensors a checkpoint may repeat though the model has them under the other name only.</summary>
    public static IReadOnlyDictionary<string, string> Ties(DecoderConfig config) => config.TiedHead ? s_tied : s_untied;

    /// <summary>The parameters of low-rank adapters on a decoder: PATH.lora_A.weight [rank, inputs] and PATH.lora_B.weight [outputs, rank].</summary>
    public static IEnumerable<StoredTensor> Adapters(DecoderConfig config, LoraSettings settings) =>
        from parameter in Linear(config)
        let path = Path(parameter)
        where settings.Covers(path)
        from adapter in new[]
        {
            Parameter(path + ".lora_A.weight", settings.Rank, parameter.Shape[1]),
            Parameter(path + ".lora_B.weight", parameter.Shape[0], settings.Rank),
        }
        select adapter;

    /// <summary>The paths of the linear layers adapters can sit on: those of the blocks. Embedding and head are read as matrices elsewhere.</summary>
    public static IEnumerable<string> LinearLayers(DecoderConfig config) => Linear(config).Select(Path);

    private static IEnumerable<StoredTensor> Linear(DecoderConfig config) =>
        Of(config).Where(parameter => parameter.Shape.Length == 2 && parameter.Name.StartsWith(LayerPrefix, StringComparison.Ordinal));

    private static string Path(StoredTensor parameter) => parameter.Name[..^WeightSuffix.Length];

    private static IEnumerable<StoredTensor> Layer(ModelShape shape, DecoderFamily family)
    {
        long headWidth = shape.Width / shape.Heads, keyWidth = shape.KeyValueHeads * headWidth;
        yield return Parameter("input_layernorm.weight", shape.Width);
        foreach ((string name, long outputs) in family.FusedProjections ? new[] { ("qkv", shape.Width + 2 * keyWidth) }
            : [("q", shape.Width), ("k", keyWidth), ("v", keyWidth)])
        {
            yield return Parameter($"self_attn.{name}_proj.weight", outputs, shape.Width);
            if (family.QueryKeyValueBias)
                yield return Parameter($"self_attn.{name}_proj.bias", outputs);
        }
        yield return Parameter("self_attn.o_proj.weight", shape.Width, shape.Width);
        yield return Parameter("post_attention_layernorm.weight", shape.Width);
        foreach ((string name, long outputs) in family.FusedProjections ? new[] { ("gate_up", 2 * shape.MlpWidth) }
            : [("gate", shape.MlpWidth), ("up", shape.MlpWidth)])
            yield return Parameter($"mlp.{name}_proj.weight", outputs, shape.Width);
        yield return Parameter("mlp.down_proj.weight", shape.Width, shape.MlpWidth);
    }

    private static StoredTensor Parameter(string name, params long[] shape) => new(name, torch.ScalarType.Float32, shape);
}
