using static TorchSharp.torch;

namespace Alignment.Objectives;

/// <summary>Log-probabilities of the two responses of each pair, summed over response tokens (EOS included), in nats.</summary>
public sealed record PairLogProbs
{
    /// <summary>p_w: the policy's sums of the chosen responses, [pairs].</summary>
    public required Tensor Chosen { get; init; }

    /// <summary>p_l: the policy's sums of the rejected responses, [pairs].</summary>
    public required Tensor Rejected { get; init; }

    /// <summary>n_w: response tokens of the chosen responses, [pairs], each ≥ 1.</summary>
    public required Tensor ChosenCounts { get; init; }

    /// <summary>n_l: response tokens of the rejected responses, [pairs], each ≥ 1.</summary>
    public required Tensor RejectedCounts { get; init; }

    /// <summary>r_w: the reference's sums of the chosen responses, [pairs]; null where the objective needs no reference.</summary>
    public Tensor? ReferenceChosen { get; init; }

    /// <summary>r_l: the reference's sums of the rejected responses, [pairs]; null where the objective needs no reference.</summary>
    public Tensor? ReferenceRejected { get; init; }

    /// <summary>As <see cref="Chosen"/>, over the first min(n_w, n_l) tokens only; null where the objective needs no such sums.</summary>
    public SharedSums? Shared { get; init; }

    /// <summary>How sure the policy is along each response; null where the objective does not ask.</summary>
    public CollisionSums? Collisions { get; init; }

    /// <summary>[pairs], each −1, 0 or 1: which way the pair's margin goes when the policy goes on away from the reference; null where the objective does not ask.</summary>
    public Tensor? KlSteps { get; init; }

    /// <summary>Mean of n_w over the optimiser batch that these pairs are of; null: over these pairs. For NLLs that are a mean over all the batch's tokens.</summary>
    public double? BatchChosenTokens { get; init; }

    /// <summary>What the batches before have left of an objective that keeps running numbers (<see cref="PairLosses.Running"/>); null at the first batch.</summary>
    public IReadOnlyList<double>? Running { get; init; }

    /// <summary>Decides what an objective draws at random.</summary>
    public ulong Seed { get; init; }

    /// <summary>c_w = p_w − r_w, [pairs].</summary>
    /// <exception cref="ArgumentException">There are no reference log-probs.</exception>
    public Tensor ChosenLogRatios() => Chosen - Reference(ReferenceChosen);

    /// <summary>c_l = p_l − r_l, [pairs].</summary>
    /// <exception cref="ArgumentException">There are no reference log-probs.</exception>
    public Tensor RejectedLogRatios() => Rejected - Reference(ReferenceRejected);

    /// <summary>Refuses pairs without what an objective needs.</summary>
    /// <exception cref="ArgumentException">There are no reference log-probs, no shared sums or no collisions.</exception>
    internal void Require(Objective objective)
    {
        if (objective.NeedsReference)
            _ = (Reference(ReferenceChosen), Reference(ReferenceRejected));
        if (objective.NeedsSharedSums && Shared is null)
            throw new ArgumentException("the objective needs the sums over the first min(n_w, n_l) tokens, and these pairs have none");
        if (objective.NeedsCollisions && Collisions is null)
            throw new ArgumentException("the objective needs log Σ p² along both responses, and these pairs have none");
        if (objective.KlStep is not null && KlSteps is null)
            throw new ArgumentException("the objective needs the direction of each pair's KL step, and these pairs have none");
    }

    /// <summary>All sums with the tokens past min(n_w, n_l) weighted; the shared sums must be there.</summary>
    internal PairLogProbs WithTailsWeighted(double weight)
    {
        (Tensor chosen, Tensor rejected, Tensor referenceChosen, Tensor referenceRejected) = Shared!;
        return this with
        {
            Chosen = Weighted(chosen, Chosen),
            Rejected = Weighted(rejected, Rejected),
            ReferenceChosen = Weighted(referenceChosen, Reference(ReferenceChosen)),
            ReferenceRejected = Weighted(referenceRejected, Reference(ReferenceRejected)),
        };

        Tensor Weighted(Tensor shared, Tensor all) => shared + (all - shared) * weight;
    }

    private static Tensor Reference(Tensor? sums) => sums
        ?? throw new ArgumentException("the objective needs the reference model's log-probs, and these pairs have none: run the reference pass first");
}

/// <summary>Sums over the first min(n_w, n_l) tokens of each pair's responses, all [pairs].</summary>
/// <param name="Chosen">The policy's, of the chosen responses.</param>
/// <param name="Rejected">The policy's, of the rejected responses.</param>
/// <param name="ReferenceChosen">The reference's, of the chosen responses.</param>
/// <param name="ReferenceRejected">The reference's, of the rejected responses.</param>
public sealed record SharedSums(Tensor Chosen, Tensor Rejected, Tensor ReferenceChosen, Tensor ReferenceRejected);

/// <summary>log Σ_v p_v² of the policy's distribution at each response token, summed over the response's tokens, nats; without a graph.</summary>
/// <param name="Chosen">[pairs], of the chosen responses.</param>
/// <param name="Rejected">[pairs], of the rejected responses.</param>
public sealed record CollisionSums(Tensor Chosen, Tensor Rejected);
