using Alignment.Models;
using Alignment.Models.NeoX;

namespace Alignment.Doctor;

/// <summary>Numbers that a model holds for each token that goes through it.</summary>
/// <param name="Layers">Its blocks.</param>
/// <param name="Width">Of the residual stream.</param>
/// <param name="Kept">What autograd keeps of a block until the backward pass.</param>
/// <param name="Passing">Of a block, what lives at once where nothing is kept, and in its backward pass.</param>
internal sealed record TokenMemory(long Layers, long Width, long Kept, long Passing)
{
    /// <summary>In training: everything that autograd keeps, or each block's input and what it keeps of one block.</summary>
    public long Training(bool recompute) => (recompute ? Layers * Width + Kept : Layers * Kept) + 3 * Width + Passing;

    /// <summary>When the loss is computed, where each block is computed again: the blocks' inputs alone.</summary>
    public long AtLoss => (Layers + 1) * Width;

    /// <summary>
    /// Of a decoder. A block keeps the inputs of its two norms and of its projections, the keys and values (repeated for grouped heads), what the rotary
    /// angles turned, the attention's output, and gate and up with their product.
    /// </summary>
    /// <param name="config">Sizes.</param>
    /// <param name="lora">Adapters, where they alone are trained: what only frozen projections read is not kept.</param>
    public static TokenMemory Of(DecoderConfig config, LoraSettings? lora = null)
    {
        (long width, long keys, long mlp) = (config.Shape.Width, config.Shape.KeyValueHeads * config.Shape.HeadWidth, config.Shape.MlpWidth);
        long queries = config.Shape.Heads * config.Shape.HeadWidth, repeated = config.Shape.KeyValueHeads < config.Shape.Heads ? 2 * queries : 0;
        long attention = (config.Family.FusedProjections ? queries + 2 * keys : keys) + queries + keys + repeated + queries;
        long norms = (config.Family.Norms == NormPlacement.Around ? 2 * width : 0) + (config.Family.QueryKeyNorm == QueryKeyNorm.None ? 0 : queries + keys);
        long read = (Trains("qkv_proj", "q_proj", "k_proj", "v_proj") ? width : 0) + (Trains("gate_up_proj", "gate_proj", "up_proj") ? width : 0) + (Trains("down_proj") ? mlp : 0);
        return new(config.Shape.Layers, width, 2 * width + norms + attention + (config.Family.FusedProjections ? 2 : 3) * mlp + read,
            3 * width + Math.Max(2 * width + 5 * queries + 3 * keys, width + 4 * mlp));

        bool Trains(params string[] projections) =>
            lora == null || DecoderWeights.LinearLayers(config).Any(path => lora.Covers(path) && projections.Any(name => path.EndsWith(name, StringComparison.Ordinal)));
    }

    /// <summary>Of a GPT-NeoX model: norms, the fused projection, what the angles turned, the attention's output, and both sides of the MLP's GELU.</summary>
    public static TokenMemory Of(NeoXConfig config) => new(config.Layers, config.Width, 10L * config.Width + 2L * config.MlpWidth,
        3L * config.Width + Math.Max(10L * config.Width, config.Width + 3L * config.MlpWidth));
}
