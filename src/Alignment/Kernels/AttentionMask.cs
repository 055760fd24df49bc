using static TorchSharp.torch;

namespace Alignment.Kernels;

/// <summary>What each query of an attention call sees, and how scores are scaled.</summary>
public sealed record AttentionMask
{
    /// <summary>A query sees the keys up to its own index; excludes <see cref="Bias"/>.</summary>
    public bool Causal { get; init; }

    /// <summary>
    /// Added to the scores, or null: [rows or 1, heads or 1, length or 1, keys], 0 where a key is seen and −∞ where not; dtype of the query.
    /// </summary>
    public Tensor? Bias { get; init; }

    /// <summary>Factor on the scores; null means 1 / √headWidth.</summary>
    public double? Scale { get; init; }
}
