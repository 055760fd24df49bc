using static TorchSharp.torch;

namespace Alignment.Kernels;

/// <summary>Which tokens of a packed batch are scored. The first three are [scored] int64, sequence by sequence.</summary>
/// <param name="Sequences">Sequence of each scored token.</param>
/// <param name="Places">Index of the hidden state that scores it: that of the token before it.</param>
/// <param name="Targets">Its id.</param>
/// <param name="Counts">[sequences] int64: scored tokens of each.</param>
public sealed record PackedLabels(Tensor Sequences, Tensor Places, Tensor Targets, Tensor Counts)
{
    /// <summary>[sequences] int64: how many of a sequence's first scored tokens are to be summed by themselves too; null for none.</summary>
    public Tensor? FirstTokens { get; init; }
}
