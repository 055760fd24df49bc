using static TorchSharp.torch;

namespace Alignment.Kernels.LogProbs;

/// <summary>The readable twin of <see cref="LogProbRows"/>, in libtorch's operators: any device, float32 or float64.</summary>
internal static class PlainLogProbRows
{
    public static LogitPasses Passes { get; } = new(Add, Backward);

    /// <summary>As <see cref="LogProbRows.Add"/>.</summary>
    public static void Add(Tensor logits, Tensor targets, long column, TokenSums sums)
    {
        using var scope = NewDisposeScope();
        (Tensor inside, Tensor place) = Places(logits, targets, column);
        sums.TargetLogits.copy_(where(inside, logits.gather(1, place).squeeze(1), sums.TargetLogits));
        sums.Normalisers.copy_(logaddexp(sums.Normalisers, logits.logsumexp(1).to(ScalarType.Float64)));
    }

    /// <summary>As <see cref="LogProbRows.Backward"/>.</summary>
    public static void Backward(Tensor logits, Tensor targets, long column, TokenSlopes slopes)
    {
        using var scope = NewDisposeScope();
        (Tensor inside, Tensor place) = Places(logits, targets, column);
        Tensor gradient = slopes.Gradient.unsqueeze(1);
        logits.sub_(slopes.Normalisers.unsqueeze(1)).exp_().mul_(-gradient);
        logits.scatter_add_(1, place, where(inside.unsqueeze(1), gradient, zeros_like(gradient)));
    }

    // whether a target lies in the tile, [rows], and where (anywhere if not), [rows, 1]
    private static (Tensor Inside, Tensor Place) Places(Tensor logits, Tensor targets, long column)
    {
        Tensor place = targets - column;
        return (place.ge(0).logical_and(place.lt(logits.shape[1])), place.clamp(0, logits.shape[1] - 1).unsqueeze(1));
    }
}
