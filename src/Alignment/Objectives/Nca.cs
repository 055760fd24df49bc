namespace Alignment.Objectives;

/// <summary>
/// Noise contrastive alignment, pair form: −log S(βc_w) − ½ log S(−βc_w) − ½ log S(−βc_l) (Chen et al. 2024, arXiv 2402.05369); TRL's "nca_pair".
/// Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record Nca(double Beta) : PairwiseObjective
{
    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Positive(Beta, "NCA", "beta");

    /// <inheritdoc/>
    public override string Name => "NCA";

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    internal override PairTerms<T> Of<T>(PairSums<T> pair)
    {
        Sides<T> rewards = pair.LogRatios * Beta;
        return new(Logistic.Loss(rewards.Chosen) + Logistic.Loss(-rewards.Chosen) * 0.5 + Logistic.Loss(-rewards.Rejected) * 0.5, rewards);
    }
}
