using Alignment.Objectives.OnePass;
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

    /// <summary>c_w = p_w − r_w, [pairs].</summary>
    /// <exception cref="ArgumentException">There are no reference log-probs.</exception>
    public Tensor ChosenLogRatios() => Chosen - Reference(ReferenceChosen);

    /// <summary>c_l = p_l − r_l, [pairs].</summary>
    /// <exception cref="ArgumentException">There are no reference log-probs.</exception>
    public Tensor RejectedLogRatios() => Rejected - Reference(ReferenceRejected);

    /// <summary>Refuses pairs without what an objective needs.</summary>
    /// <exception cref="ArgumentException">There are no reference log-probs or no shared sums.</exception>
    internal void Require(bool reference, bool shared)
    {
        if (reference)
            _ = (Reference(ReferenceChosen), Reference(ReferenceRejected));
        if (shared && Shared is null)
            throw new ArgumentException("the objective needs the sums over the first min(n_w, n_l) tokens, and these pairs have none");
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

/// <summary>What <see cref="PairLogProbs"/> holds, in the arithmetic of a formula: of one pair or of all.</summary>
/// <param name="Policy">p: sums of the policy.</param>
/// <param name="Counts">n: response tokens.</param>
/// <param name="Reference">r: sums of the reference; null where there are none.</param>
internal readonly record struct PairSums<T>(Sides<T> Policy, Sides<T> Counts, Sides<T>? Reference)
    where T : struct, IPairNumber<T>
{
    /// <summary>a = p/n.</summary>
    public Sides<T> Means => Policy / Counts;

    /// <summary>c = p − r.</summary>
    public Sides<T> LogRatios => Policy - Reference!.Value;

    /// <summary>ℓ = p/n − r/n: divided before the difference, as the published implementations round it.</summary>
    public Sides<T> MeanLogRatios => Policy / Counts - Reference!.Value / Counts;
}

/// <summary>A number of the chosen response and the same of the rejected one.</summary>
internal readonly record struct Sides<T>(T Chosen, T Rejected) where T : struct, IPairNumber<T>
{
    /// <summary>Chosen − rejected.</summary>
    public T Margin => Chosen - Rejected;

    public static Sides<T> operator +(Sides<T> x, Sides<T> y) => new(x.Chosen + y.Chosen, x.Rejected + y.Rejected);

    public static Sides<T> operator -(Sides<T> x, Sides<T> y) => new(x.Chosen - y.Chosen, x.Rejected - y.Rejected);

    public static Sides<T> operator /(Sides<T> x, Sides<T> y) => new(x.Chosen / y.Chosen, x.Rejected / y.Rejected);

    public static Sides<T> operator *(Sides<T> x, double y) => new(x.Chosen * y, x.Rejected * y);
}

/// <summary>The logistic loss that most objectives share.</summary>
internal static class Logistic
{
    /// <summary>−log S(x); finite up to ±1e30 in float32.</summary>
    public static T Loss<T>(T logit) where T : struct, IPairNumber<T> => -T.LogSigmoid(logit);

    /// <summary>−(1−ε) log S(x) − ε log S(−x): the label is wrong with probability ε. At ε = 0 one term: with both, x = ∞ would give 0·∞.</summary>
    public static T Loss<T>(T logit, double smoothing) where T : struct, IPairNumber<T> => smoothing == 0 ? Loss(logit)
        : T.LogSigmoid(logit) * -(1 - smoothing) - T.LogSigmoid(-logit) * smoothing;
}
