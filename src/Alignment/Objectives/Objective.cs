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

    /// <summary>Numbers that go from batch to batch, by name and with what they begin with, in the order of <see cref="PairLogProbs.Running"/>.</summary>
    internal virtual IReadOnlyList<(string Name, double First)> RunningNumbers => [];

    /// <summary>ε of <see cref="PairLogProbs.KlSteps"/>, which the loss also needs; null where it does not.</summary>
    internal virtual double? KlStep => null;

    /// <summary>The running numbers after an optimiser step, of those before it and the mean of the batch's <see cref="PairLogProbs.KlSteps"/>.</summary>
    internal virtual IReadOnlyList<double> AfterSteps(IReadOnlyList<double> running, double meanStep) => running;

    /// <summary>The loss also needs the sums over the first min(n_w, n_l) tokens of both responses.</summary>
    public virtual bool NeedsSharedSums => false;

    /// <summary>The loss also needs <see cref="PairLogProbs.Collisions"/>.</summary>
    public virtual bool NeedsCollisions => false;

    /// <summary>How the reference follows the policy while it is trained; null where it stays.</summary>
    internal virtual ReferenceMoves? Moves => null;

    /// <summary>The same method on responses that are labelled one by one; null where it takes pairs alone.</summary>
    internal virtual LabelledObjective? OnLabels => null;

    /// <summary>The trainer is given a second model, of the reference's weights.</summary>
    internal bool NeedsModel => Moves is not null || KlStep is not null;

    /// <summary>The trainer is given the reference's log-probs of all pairs before it begins.</summary>
    internal bool ReadsReferencePass => NeedsReference && Moves is null;

    /// <summary>Losses and rewards of each pair; differentiable with respect to the policy's sums.</summary>
    /// <exception cref="ArgumentException">The objective needs sums that the pairs do not have, such as the reference's.</exception>
    public abstract PairLosses Loss(PairLogProbs pairs);
}

/// <summary>After every so many steps the reference's weights become share · the policy's + (1 − share) · their own.</summary>
/// <param name="Share">α, in (0, 1]; 1 replaces the reference.</param>
/// <param name="Steps">τ, optimiser steps, ≥ 1.</param>
internal sealed record ReferenceMoves(double Share, long Steps);

/// <summary>What an objective says of each pair. The caller owns the tensors.</summary>
/// <param name="Losses">[pairs], carries the gradient.</param>
/// <param name="ChosenRewards">[pairs], the objective's own implicit reward of the chosen response, detached.</param>
/// <param name="RejectedRewards">[pairs], the same for the rejected one.</param>
public sealed record PairLosses(Tensor Losses, Tensor ChosenRewards, Tensor RejectedRewards)
{
    /// <summary>What the next batch is given as <see cref="PairLogProbs.Running"/>; null where the objective keeps nothing.</summary>
    public IReadOnlyList<double>? Running { get; init; }

    /// <summary>Moves the three tensors out of the current dispose scope; the rewards lose their graph.</summary>
    internal static PairLosses Outward(Tensor losses, Tensor chosenRewards, Tensor rejectedRewards) => new(losses.MoveToOuterDisposeScope(),
        chosenRewards.detach().MoveToOuterDisposeScope(), rejectedRewards.detach().MoveToOuterDisposeScope());
}
