using static TorchSharp.torch;

namespace Alignment.Objectives;

/// <summary>An objective whose loss of a pair depends on that pair alone: one formula.</summary>
public abstract record PairwiseObjective : Objective
{
    /// <inheritdoc/>
    public sealed override bool CouplesPairs => false;

    /// <summary>The formula: rewards and loss of a pair.</summary>
    internal abstract PairTerms<T> Of<T>(PairSums<T> pair) where T : struct, IPairNumber<T>;

    /// <inheritdoc/>
    public sealed override PairLosses Loss(PairLogProbs pairs)
    {
        pairs.Require(NeedsReference, NeedsSharedSums);
        using var scope = NewDisposeScope();
        PairLogProbs prepared = Prepared(pairs);
        return (OnePassLoss.Serves(prepared) ? OnePassLoss.Of(this, prepared) : TensorLoss.Of(this, prepared)).Outward();
    }

    /// <summary>The sums that the formula takes, made from those of the pairs.</summary>
    private protected virtual PairLogProbs Prepared(PairLogProbs pairs) => pairs;
}

/// <summary>What a formula says of a pair.</summary>
/// <param name="Loss">The loss.</param>
/// <param name="Rewards">The objective's own implicit rewards.</param>
internal readonly record struct PairTerms<T>(T Loss, Sides<T> Rewards) where T : struct, IPairNumber<T>;
