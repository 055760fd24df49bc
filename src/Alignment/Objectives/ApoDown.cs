namespace Alignment.Objectives;

/// <summary>
/// Anchored preference optimisation for a policy that is better than the chosen responses: S(βc_w) + 1 − S(βΔ), which lowers both responses, the rejected
/// one more (D'Oosterlinck et al. 2024, arXiv 2408.06266, eq. 8); TRL's "apo_down". Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record ApoDown(double Beta) : PairwiseObjective
{
    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Positive(Beta, "APO-down", "beta");

    /// <inheritdoc/>
    public override string Name => "APO-down";

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    internal override PairTerms<T> Of<T>(PairSums<T> pair)
    {
        Sides<T> rewards = pair.LogRatios * Beta;
        return new(T.Sigmoid(rewards.Chosen) + T.Sigmoid(rewards.Rejected - rewards.Chosen), rewards);
    }
}
