namespace Alignment.Objectives;

/// <summary>
/// Binary classifier optimisation, pair form without a shift: −log S(βc_w) − log S(−βc_l) (Jung et al. 2024, arXiv 2404.04656 with δ = 0, as in
/// TRL 1.9's "bco_pair"). <see cref="BcoDelta"/> has the shift. Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record Bco(double Beta) : PairwiseObjective
{
    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Positive(Beta, "BCO", "beta");

    /// <inheritdoc/>
    public override string Name => "BCO";

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    internal override PairTerms<T> Of<T>(PairSums<T> pair)
    {
        Sides<T> rewards = pair.LogRatios * Beta;
        return new(Logistic.Loss(rewards.Chosen) + Logistic.Loss(-rewards.Rejected), rewards);
    }
}
