using Alignment.Files;

namespace Alignment.Objectives;

/// <summary>
/// DPO-Positive: −log S(β(c_w − c_l − λ max(0, −c_w))), which holds the chosen response's likelihood up (Pal et al. 2024, "Smaug", arXiv 2402.13228, eq. 3,
/// with λ inside β). Rewards are β·c and leave the penalty out.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0; 0.3 in the paper.</param>
/// <param name="Lambda">λ, the weight of the penalty, ≥ 0; 0 is DPO, the paper tries 5, 50 and 500.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0, or lambda not one ≥ 0.</exception>
public sealed record DpoPositive(double Beta, double Lambda) : PairwiseObjective
{
    internal static Declaration Declared { get; } = new("DPOP", at => new DpoPositive(at(nameof(Beta)), at(nameof(Lambda))),
        Hyperparameter.Beta, new("lambda", "l", NumberRule.NotNegative) { Symbol = "λ" });

    /// <summary>Strength of the pull to the reference, > 0; 0.3 in the paper.</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <summary>λ, the weight of the penalty, ≥ 0; 0 is DPO.</summary>
    public double Lambda { get; } = Declared.Checked(Lambda, nameof(Lambda));

    /// <inheritdoc/>
    public override string Name => Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    private protected override PairTerms Of(PairSums pair)
    {
        Sides rewards = pair.LogRatios * Beta;
        return new(Logistic.Loss(rewards.Margin - (-rewards.Chosen).relu() * Lambda), rewards);
    }
}

/// <summary>
/// Weighted preference optimisation: DPO's loss times a weight w that is high where the policy might have written both responses itself, w = min(1,
/// e^(t_w + t_l)), t the mean over a response's tokens of log p(token) − log Σ_v p_v² (Zhou et al. 2024, arXiv 2406.11827, eq. 2 with sampled alignment, and
/// its code; TRL's use_weighting, whose 1.9 lets w pass 1). No gradient goes through w. Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record Wpo(double Beta) : PairwiseObjective
{
    internal static Declaration Declared { get; } = new("WPO", at => new Wpo(at(nameof(Beta))) { LabelSmoothing = at(nameof(LabelSmoothing)) },
        Hyperparameter.Beta, Hyperparameter.LabelSmoothing.Or(0));

    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <summary>ε, the probability of a wrong label, in [0, 0.5).</summary>
    public double LabelSmoothing { get; init => field = Declared.Checked(value, nameof(LabelSmoothing)); } = Declared.Default(nameof(LabelSmoothing));

    /// <inheritdoc/>
    public override string Name => Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    public override bool NeedsCollisions => true;

    /// <inheritdoc/>
    private protected override PairTerms Of(PairSums pair)
    {
        Sides rewards = pair.LogRatios * Beta;
        return new(Logistic.Loss(rewards.Margin, LabelSmoothing) * pair.PolicyWeight, rewards);
    }
}
