namespace Alignment.Objectives;

/// <summary>
/// Contrastive preference optimisation: −log S(β(p_w − p_l)) + λ·NLL(y_w) (Xu et al. 2024, arXiv 2401.08417), no reference model; TRL's "sigmoid"
/// of CPO. NLL(y_w) = −p_w/n_w: the mean over the response's tokens is taken for each pair, so that micro-batches do not change it. Rewards are β·p.
/// </summary>
/// <param name="Beta">Scale of the summed log-probs, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record Cpo(double Beta) : PairwiseObjective
{
    /// <summary>Scale of the summed log-probs, > 0.</summary>
    public double Beta { get; } = Positive(Beta, "CPO", "beta");

    /// <summary>λ, the weight of −p_w/n_w (TRL's cpo_alpha), ≥ 0.</summary>
    public double NllWeight { get; init => field = NotNegative(value, Name, "nllWeight"); } = 1;

    /// <summary>ε, the probability of a wrong label, in [0, 0.5).</summary>
    public double LabelSmoothing { get; init => field = Smoothing(value, Name); }

    /// <inheritdoc/>
    public override string Name => "CPO";

    /// <inheritdoc/>
    public override bool NeedsReference => false;

    /// <inheritdoc/>
    internal override PairTerms<T> Of<T>(PairSums<T> pair)
    {
        Sides<T> rewards = pair.Policy * Beta;
        return new(Logistic.Loss(rewards.Margin, LabelSmoothing) - pair.Means.Chosen * NllWeight, rewards);
    }
}
