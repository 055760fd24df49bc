using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Objectives;

/// <summary>
/// A formula pair by pair: loss, rewards and gradient in one pass, without libtorch's graph of some twenty operators on as many numbers as there are
/// pairs. <see cref="TensorLoss"/> is the readable twin.
/// </summary>
internal static class OnePassLoss
{
    /// <summary>Most pairs: libtorch's vectors win beyond (bench/README.md).</summary>
    public const long MostPairs = 512;

    /// <summary>Whether these pairs are served: not too many, on the CPU, float32 or float64.</summary>
    public static bool Serves(PairLogProbs pairs) => pairs.Chosen.device_type == DeviceType.CPU && pairs.Chosen.shape[0] <= MostPairs
        && pairs.Chosen.dtype is ScalarType.Float32 or ScalarType.Float64;

    /// <summary>As <see cref="TensorLoss.Of"/>.</summary>
    public static PairLosses Of(PairwiseObjective objective, PairLogProbs pairs)
    {
        using var scope = NewDisposeScope();
        ScalarType type = pairs.Chosen.dtype;
        var columns = new PairColumns(pairs);
        var result = new OnePassResult(columns.Count, type);
        if (type == ScalarType.Float32)
            Fill<SinglePrecision>(objective, columns, result);
        else
            Fill<DoublePrecision>(objective, columns, result);
        Tensor losses = is_grad_enabled() && (pairs.Chosen.requires_grad || pairs.Rejected.requires_grad)
            ? OnePassLossFunction.apply(result, pairs.Chosen, pairs.Rejected) : result.Place(result.Losses);
        return PairLosses.Outward(losses, result.Place(result.ChosenRewards), result.Place(result.RejectedRewards));
    }

    private static void Fill<TPrecision>(PairwiseObjective objective, PairColumns columns, OnePassResult result) where TPrecision : IPrecision
    {
        for (int i = 0; i < columns.Count; i++)
        {
            PairTerms<Dual<TPrecision>> terms = objective.Of(columns.Pair<TPrecision>(i));
            (result.Losses[i], result.ByChosen[i], result.ByRejected[i]) = terms.Loss;
            (result.ChosenRewards[i], result.RejectedRewards[i]) = (terms.Rewards.Chosen.Value, terms.Rewards.Rejected.Value);
        }
    }
}
