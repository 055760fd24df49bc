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

    /// <summary>a_w = p_w/n_w, [pairs].</summary>
    public Tensor ChosenMeans() => Chosen / ChosenCounts;

    /// <summary>a_l = p_l/n_l, [pairs].</summary>
    public Tensor RejectedMeans() => Rejected / RejectedCounts;

    /// <summary>−weight·p_w/n_w, [pairs].</summary>
    public Tensor ChosenNll(double weight)
    {
        using var scope = NewDisposeScope();
        return (ChosenMeans() * -weight).MoveToOuterDisposeScope();
    }

    /// <summary>c_w = p_w − r_w, [pairs].</summary>
    /// <exception cref="ArgumentException">There are no reference log-probs.</exception>
    public Tensor ChosenLogRatios() => Chosen - Reference(ReferenceChosen);

    /// <summary>c_l = p_l − r_l, [pairs].</summary>
    /// <exception cref="ArgumentException">There are no reference log-probs.</exception>
    public Tensor RejectedLogRatios() => Rejected - Reference(ReferenceRejected);

    /// <summary>ĉ_w, [pairs]: c_w with the tokens past min(n_w, n_l) weighted <paramref name="tailWeight"/>.</summary>
    /// <exception cref="ArgumentException">There are no reference log-probs or no shared sums.</exception>
    public Tensor ChosenLogRatios(double tailWeight) => Weighted(ChosenLogRatios(), Parts.Chosen, Parts.ReferenceChosen, tailWeight);

    /// <summary>ĉ_l, [pairs]: c_l with the tokens past min(n_w, n_l) weighted <paramref name="tailWeight"/>.</summary>
    /// <exception cref="ArgumentException">There are no reference log-probs or no shared sums.</exception>
    public Tensor RejectedLogRatios(double tailWeight) => Weighted(RejectedLogRatios(), Parts.Rejected, Parts.ReferenceRejected, tailWeight);

    /// <summary>ℓ_w = p_w/n_w − r_w/n_w, [pairs]: divided before the difference, as the published implementations round it.</summary>
    /// <exception cref="ArgumentException">There are no reference log-probs.</exception>
    public Tensor ChosenMeanLogRatios() => MeanLogRatios(Chosen, Reference(ReferenceChosen), ChosenCounts);

    /// <summary>ℓ_l = p_l/n_l − r_l/n_l, [pairs].</summary>
    /// <exception cref="ArgumentException">There are no reference log-probs.</exception>
    public Tensor RejectedMeanLogRatios() => MeanLogRatios(Rejected, Reference(ReferenceRejected), RejectedCounts);

    private SharedSums Parts => Shared
        ?? throw new ArgumentException("the objective needs the sums over the first min(n_w, n_l) tokens, and these pairs have none");

    private static Tensor Weighted(Tensor logRatios, Tensor policy, Tensor reference, double tailWeight)
    {
        using var scope = NewDisposeScope();
        Tensor shared = policy - reference;
        return (shared + (logRatios - shared) * tailWeight).MoveToOuterDisposeScope();
    }

    private static Tensor MeanLogRatios(Tensor policy, Tensor reference, Tensor counts)
    {
        using var scope = NewDisposeScope();
        return (policy / counts - reference / counts).MoveToOuterDisposeScope();
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
