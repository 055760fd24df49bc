namespace Alignment.Objectives;

/// <summary>
/// Efficient exact optimisation, pair form: the reverse KL S(βΔ)[log S(βΔ) − log(1−ε)] + S(−βΔ)[log S(−βΔ) − log ε] (Ji et al. 2024,
/// arXiv 2402.00856, eq. 16); TRL's "exo_pair". Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <param name="LabelSmoothing">ε, the probability that the rejected response is the better one, in (0, 0.5); TRL takes 1e-3.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0, or the label smoothing not in (0, 0.5).</exception>
public sealed record Exo(double Beta, double LabelSmoothing) : PairwiseObjective
{
    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Positive(Beta, "EXO", "beta");

    /// <summary>ε, the probability that the rejected response is the better one, in (0, 0.5); TRL takes 1e-3.</summary>
    public double LabelSmoothing { get; } = PositiveSmoothing(LabelSmoothing, "EXO");

    /// <inheritdoc/>
    public override string Name => "EXO";

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    internal override PairTerms<T> Of<T>(PairSums<T> pair)
    {
        Sides<T> rewards = pair.LogRatios * Beta;
        T margin = rewards.Margin;
        return new(T.Sigmoid(margin) * (T.LogSigmoid(margin) - Math.Log(1 - LabelSmoothing))
            + T.Sigmoid(-margin) * (T.LogSigmoid(-margin) - Math.Log(LabelSmoothing)), rewards);
    }
}
