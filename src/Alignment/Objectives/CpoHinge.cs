namespace Alignment.Objectives;

/// <summary>
/// CPO with a hinge: max(0, 1 − β(p_w − p_l)) + λ·NLL(y_w) (SLiC's loss on the policy alone, Zhao et al. 2023, arXiv 2305.10425; TRL's "hinge" of
/// CPO). NLL as in <see cref="Cpo"/>. Rewards are β·p.
/// </summary>
/// <param name="Beta">Scale of the summed log-probs, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record CpoHinge(double Beta) : PairwiseObjective
{
    /// <summary>Scale of the summed log-probs, > 0.</summary>
    public double Beta { get; } = Positive(Beta, "CPO-hinge", "beta");

    /// <summary>λ, the weight of −p_w/n_w (TRL's cpo_alpha), ≥ 0.</summary>
    public double NllWeight { get; init => field = NotNegative(value, Name, "nllWeight"); } = 1;

    /// <inheritdoc/>
    public override string Name => "CPO-hinge";

    /// <inheritdoc/>
    public override bool NeedsReference => false;

    /// <inheritdoc/>
    internal override PairTerms<T> Of<T>(PairSums<T> pair)
    {
        Sides<T> rewards = pair.Policy * Beta;
        return new(T.Relu(1 - rewards.Margin) - pair.Means.Chosen * NllWeight, rewards);
    }
}
