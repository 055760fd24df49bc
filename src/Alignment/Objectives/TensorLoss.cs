using static TorchSharp.torch;

namespace Alignment.Objectives;

/// <summary>A formula on all pairs through libtorch, with autograd's gradient: any device, and the readable twin of <see cref="OnePassLoss"/>.</summary>
internal static class TensorLoss
{
    /// <summary>Losses and rewards; differentiable with respect to the policy's sums.</summary>
    public static PairLosses Of(PairwiseObjective objective, PairLogProbs pairs)
    {
        using var scope = NewDisposeScope();
        ScalarType type = pairs.Chosen.dtype;
        Sides<TensorNumber>? reference = pairs.ReferenceChosen is { } chosen && pairs.ReferenceRejected is { } rejected ? Both(chosen, rejected) : null;
        PairTerms<TensorNumber> terms = objective.Of(new PairSums<TensorNumber>(
            Both(pairs.Chosen, pairs.Rejected), Both(pairs.ChosenCounts.to(type), pairs.RejectedCounts.to(type)), reference));
        return PairLosses.Outward(terms.Loss.Value, terms.Rewards.Chosen.Value, terms.Rewards.Rejected.Value);
    }

    private static Sides<TensorNumber> Both(Tensor chosen, Tensor rejected) => new(new(chosen), new(rejected));
}
