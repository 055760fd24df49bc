using static TorchSharp.torch;

namespace Alignment.Kernels;

/// <summary>What the tiles of some tokens' logits add up to.</summary>
/// <param name="TargetLogits">[tokens] float32 (float64 for float64 logits): the logit of the target, once its tile has been seen.</param>
/// <param name="Normalisers">[tokens] float64: the log of the summed exponentials of all tiles so far; −∞ before the first.</param>
internal sealed record TokenSums(Tensor TargetLogits, Tensor Normalisers)
{
    /// <summary>The same numbers for the rows of a tile.</summary>
    public TokenSums Part(LogitTile tile) => new(TargetLogits.narrow(0, tile.Row, tile.Rows), Normalisers.narrow(0, tile.Row, tile.Rows));

    /// <summary>[tokens], of the dtype of <see cref="TargetLogits"/>: the log-probability of the target, when all tiles have been seen.</summary>
    public Tensor LogProbs()
    {
        using var scope = NewDisposeScope();
        return (TargetLogits - Normalisers).to(TargetLogits.dtype).MoveToOuterDisposeScope();
    }
}

/// <summary>What the gradient of some tokens' logits needs.</summary>
/// <param name="Normalisers">[tokens] float64, of all tiles.</param>
/// <param name="Gradient">[tokens]: the gradient of each log-probability.</param>
internal sealed record TokenSlopes(Tensor Normalisers, Tensor Gradient);
