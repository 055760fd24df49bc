namespace Alignment.Objectives;

/// <summary>
/// Length-regularised DPO: −log S(βΔ + α n_w − α n_l) (Park et al. 2024, arXiv 2403.19159): a pair whose chosen response is the longer one is
/// pushed less. Rewards are β·c and leave the lengths out.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <param name="Alpha">Weight of the length difference in nats per token, ≥ 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0, or alpha not one ≥ 0.</exception>
public sealed record RDpo(double Beta, double Alpha) : PairwiseObjective
{
    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Positive(Beta, "R-DPO", "beta");

    /// <summary>Weight of the length difference in nats per token, ≥ 0.</summary>
    public double Alpha { get; } = NotNegative(Alpha, "R-DPO", "alpha");

    /// <inheritdoc/>
    public override string Name => "R-DPO";

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    internal override PairTerms<T> Of<T>(PairSums<T> pair)
    {
        Sides<T> rewards = pair.LogRatios * Beta;
        return new(Logistic.Loss(rewards.Margin + pair.Counts.Margin * Alpha), rewards);
    }
}
