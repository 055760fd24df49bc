using Alignment.Objectives.OnePass;
using static TorchSharp.torch;

namespace Alignment.Objectives;

/// <summary>A preference objective: log-probabilities of pairs in, one loss per pair out. The batch loss is the mean over pairs.</summary>
public abstract record Objective
{
    /// <summary>The method's name as in recipes and tables, such as "LN-DPO".</summary>
    public abstract string Name { get; }

    /// <summary>The loss needs the log-probabilities of the reference model.</summary>
    public abstract bool NeedsReference { get; }

    /// <summary>
    /// A pair's loss depends on the other pairs of its batch (through a mean or an order). The batch is then always the optimiser's: the trainer
    /// takes the loss on it as a whole, however it is cut into micro-batches.
    /// </summary>
    public virtual bool CouplesPairs => false;

    /// <summary>The loss also needs the sums over the first min(n_w, n_l) tokens of both responses.</summary>
    public virtual bool NeedsSharedSums => false;

    /// <summary>Losses and rewards of each pair; differentiable with respect to the policy's sums.</summary>
    /// <exception cref="ArgumentException">The objective needs sums that the pairs do not have, such as the reference's.</exception>
    public abstract PairLosses Loss(PairLogProbs pairs);

    internal static double Positive(double value, string objective, string name) =>
        double.IsFinite(value) && value > 0 ? value : throw Impossible(value, objective, name, "a finite number > 0");

    internal static double NotNegative(double value, string objective, string name) =>
        double.IsFinite(value) && value >= 0 ? value : throw Impossible(value, objective, name, "a finite number >= 0");

    internal static double Fraction(double value, string objective, string name) =>
        value is >= 0 and <= 1 ? value : throw Impossible(value, objective, name, "a number >= 0 and <= 1");

    // the probability of a wrong label: at one half a label would say nothing
    internal static double Smoothing(double value, string objective) =>
        value is >= 0 and < 0.5 ? value : throw Impossible(value, objective, "labelSmoothing", "a number >= 0 and < 0.5");

    internal static double PositiveSmoothing(double value, string objective) =>
        value is > 0 and < 0.5 ? value : throw Impossible(value, objective, "labelSmoothing", "a number > 0 and < 0.5");

    private static ArgumentOutOfRangeException Impossible(double value, string objective, string name, string wanted) =>
        new(name, FormattableString.Invariant($"{objective}: {name} must be {wanted}, was {value}"));
}

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

/// <summary>What an objective says of each pair. The caller owns the tensors.</summary>
/// <param name="Losses">[pairs], carries the gradient.</param>
/// <param name="ChosenRewards">[pairs], the objective's own implicit reward of the chosen response, detached.</param>
/// <param name="RejectedRewards">[pairs], the same for the rejected one.</param>
public sealed record PairLosses(Tensor Losses, Tensor ChosenRewards, Tensor RejectedRewards)
{
    /// <summary>Moves the three tensors out of the current dispose scope; the rewards lose their graph.</summary>
    internal static PairLosses Outward(Tensor losses, Tensor chosenRewards, Tensor rejectedRewards) => new(losses.MoveToOuterDisposeScope(),
        chosenRewards.detach().MoveToOuterDisposeScope(), rejectedRewards.detach().MoveToOuterDisposeScope());

    /// <summary>Moves the three tensors out of the current dispose scope.</summary>
    internal PairLosses Outward()
    {
        foreach (Tensor tensor in new[] { Losses, ChosenRewards, RejectedRewards })
            tensor.MoveToOuterDisposeScope();
        return this;
    }
}
