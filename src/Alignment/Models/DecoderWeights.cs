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
            foreach (StoredTensor parameter in Layer(config))
                yield return parameter with { Name = $"{LayerPrefix}{layer}.{parameter.Name}" };
        yield return Parameter("model.norm.weight", shape.Width);
        if (config.Scores)
            yield return Parameter("score.weight", 1, shape.Width);
        else if (!config.TiedHead)
            yield return Parameter(Head, shape.Vocabulary, shape.Width);
    }

    /// <summary>Every parameter of a block, by its name in the block.</summary>
    public static IEnumerable<StoredTensor> OfBlock(DecoderConfig config) => Layer(config);

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

    private static IEnumerable<StoredTensor> Layer(DecoderConfig config)
    {
        (ModelShape shape, DecoderFamily family) = (config.Shape, config.Family);
        long queryWidth = shape.Heads * shape.HeadWidth, keyWidth = shape.KeyValueHeads * shape.HeadWidth;
        bool biased = family.QueryKeyValueBias || config.AttentionBias;
        (string, long, bool)[] queryKeyValue = family.FusedProjections ? [("qkv", queryWidth + 2 * keyWidth, biased)]
            : [("q", queryWidth, biased), ("k", keyWidth, biased), ("v", keyWidth, biased)];
        (string, long, bool)[] gateUp = family.FusedProjections ? [("gate_up", 2 * shape.MlpWidth, config.MlpBias)]
            : [("gate", shape.MlpWidth, config.MlpBias), ("up", shape.MlpWidth, config.MlpBias)];
        IEnumerable<StoredTensor> all =
        [
            .. Projections("self_attn", shape.Width, queryKeyValue),
            .. Projections("self_attn", queryWidth, ("o", shape.Width, config.AttentionBias)),
            .. Projections("mlp", shape.Width, gateUp),
            .. Projections("mlp", shape.MlpWidth, ("down", shape.Width, config.MlpBias)),
        ];
        if (family.QueryKeyNorm != QueryKeyNorm.None)
            foreach ((string name, int heads) in new[] { ("q", shape.Heads), ("k", shape.KeyValueHeads) })
                all = all.Append(Parameter($"self_attn.{name}_norm.weight", family.QueryKeyNorm == QueryKeyNorm.EachHead ? shape.HeadWidth : heads * shape.HeadWidth));
        return all.Concat(Norms(family).Select(name => Parameter(name + ".weight", shape.Width)));
    }

    private static string[] Norms(DecoderFamily family) => family.Norms switch
    {
        NormPlacement.Before => ["input_layernorm", "post_attention_layernorm"],
        NormPlacement.After => ["post_attention_layernorm", "post_feedforward_layernorm"],
        _ => ["input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm"],
    };

    private static IEnumerable<StoredTensor> Projections(string part, long inputs, params (string Name, long Outputs, bool Biased)[] projections)
    {
        foreach ((string name, long outputs, bool biased) in projections)
        {
            yield return Parameter($"{part}.{name}_proj.weight", outputs, inputs);
            if (biased)
                yield return Parameter($"{part}.{name}_proj.bias", outputs);
        }
    }

    private static StoredTensor Parameter(string name, params long[] shape) => new(name, torch.ScalarType.Float32, shape);
}
