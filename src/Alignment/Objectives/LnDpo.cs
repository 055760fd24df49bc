namespace Alignment.Objectives;

/// <summary>
/// Length-normalised DPO: −log S(β(ℓ_w − ℓ_l)) with ℓ = (p − r)/n (Ahrabian et al. 2024, arXiv 2407.15229). It is SimPO with the margin
/// γ(x) = β(r_w/n_w − r_l/n_l) of each pair (their eq. 1). Rewards are β·ℓ, not β times the summed log-ratio.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record LnDpo(double Beta) : PairwiseObjective
{
    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Positive(Beta, "LN-DPO", "beta");

    /// <summary>ε, the probability of a wrong label, in [0, 0.5).</summary>
    public double LabelSmoothing { get; init => field = Smoothing(value, Name); }

    /// <inheritdoc/>
    public override string Name => "LN-DPO";

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    internal override PairTerms<T> Of<T>(PairSums<T> pair)
    {
        Sides<T> rewards = pair.MeanLogRatios * Beta;
        return new(Logistic.Loss(rewards.Margin, LabelSmoothing), rewards);
    }
}
