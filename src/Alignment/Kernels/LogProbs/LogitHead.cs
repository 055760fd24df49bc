using static TorchSharp.torch;

namespace Alignment.Kernels.LogProbs;

/// <summary>What turns hidden states into logits; never compared.</summary>
/// <param name="Weight">[vocabulary, width].</param>
/// <param name="Cap">Logits become cap · tanh(logit / cap) (Gemma 2; Gemma Team 2024, arXiv 2408.00118, section 2); null where they stay.</param>
internal readonly record struct LogitHead(Tensor Weight, double? Cap = null)
{
    public static implicit operator LogitHead(Tensor weight) => new(weight);

    /// <summary>Logits under a cap; the given ones where there is none.</summary>
    public static Tensor Capped(Tensor logits, double? cap)
    {
        if (cap is not { } most)
            return logits;
        using var scope = NewDisposeScope();
        return ((logits / most).tanh() * most).MoveToOuterDisposeScope();
    }

    /// <summary>As <see cref="Capped"/>, in place.</summary>
    public static void CapInPlace(Tensor logits, double? cap)
    {
        if (cap is { } most)
            logits.div_(most).tanh_().mul_(most);
    }

    /// <summary>What a gradient of capped logits is multiplied by; null where there is no cap.</summary>
    public static Tensor? Slope(Tensor capped, double? cap)
    {
        if (cap is not { } most)
            return null;
        using var scope = NewDisposeScope();
        return (1 - (capped / most).pow_(2)).MoveToOuterDisposeScope();
    }
}
