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
}

/// <summary>What an objective says of each pair. The caller owns the tensors.</summary>
/// <param name="Losses">[pairs], carries the gradient.</param>
/// <param name="ChosenRewards">[pairs], the objective's own implicit reward of the chosen response, detached.</param>
/// <param name="RejectedRewards">[pairs], the same for the rejected one.</param>
public sealed record PairLosses(Tensor Losses, Tensor ChosenRewards, Tensor RejectedRewards)
{
    /// <summary>Moves the three tensors out of the current dispose scope; the rewards lose their graph.</summary>
    internal static PairLosses Outward(Tensor losses, Tensor chosenRewards, Tensor rejectedRewards) => new(losses.MoveToOuterDisposeScope(),
        chosenRewards.detach().MoveToOuterDisposeScope(), rejectedRewards.detach().MoveToOuterDisposeScope());
}
