using Alignment.Checkpoints;
using TorchSharp;

namespace Alignment.Models.NeoX;

/// <summary>Names and shapes of a GPT-NeoX reward model's parameters as its configuration says, without making them.</summary>
internal static class NeoXWeights
{
    /// <summary>Every parameter, one after the other: a configuration may ask for more layers than a list could hold.</summary>
    public static IEnumerable<StoredTensor> Of(NeoXConfig config)
    {
        yield return Parameter("gpt_neox.embed_in.weight", config.Vocabulary, config.Width);
        for (int layer = 0; layer < config.Layers; layer++)
            foreach (StoredTensor parameter in Layer(config))
                yield return parameter with { Name = $"gpt_neox.layers.{layer}.{parameter.Name}" };
        foreach (StoredTensor parameter in Norm("gpt_neox.final_layer_norm", config.Width))
            yield return parameter;
        if (config.Head == RewardHead.SequenceClassification)
            yield return Parameter("score.weight", 1, config.Width);
        else
            foreach (StoredTensor parameter in Linear("out_proj", config.Width, 1))
                yield return parameter;
    }

    private static IEnumerable<StoredTensor> Layer(NeoXConfig config) =>
    [
        .. Norm("input_layernorm", config.Width), .. Norm("post_attention_layernorm", config.Width),
        .. Linear("attention.query_key_value", config.Width, 3L * config.Width), .. Linear("attention.dense", config.Width, config.Width),
        .. Linear("mlp.dense_h_to_4h", config.Width, config.MlpWidth), .. Linear("mlp.dense_4h_to_h", config.MlpWidth, config.Width),
    ];

    private static StoredTensor[] Norm(string name, long width) => [Parameter(name + ".weight", width), Parameter(name + ".bias", width)];

    private static StoredTensor[] Linear(string name, long inputs, long outputs) =>
        [Parameter(name + ".weight", outputs, inputs), Parameter(name + ".bias", outputs)];

    private static StoredTensor Parameter(string name, params long[] shape) => new(name, torch.ScalarType.Float32, shape);
}
