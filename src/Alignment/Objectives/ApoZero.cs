namespace Alignment.Objectives;

/// <summary>
/// Anchored preference optimisation for a policy that is worse than the chosen responses: 1 − S(βc_w) + S(βc_l), which raises the chosen and lowers the
/// rejected response (D'Oosterlinck et al. 2024, arXiv 2408.06266, eq. 7); TRL's "apo_zero". Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record ApoZero(double Beta) : PairwiseObjective
{
    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Positive(Beta, "APO-zero", "beta");

    /// <inheritdoc/>
    public override string Name => "APO-zero";

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    internal override PairTerms<T> Of<T>(PairSums<T> pair)
    {
        Sides<T> rewards = pair.LogRatios * Beta;
        return new(T.Sigmoid(-rewards.Chosen) + T.Sigmoid(rewards.Rejected), rewards);
    }
}
