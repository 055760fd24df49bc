using static TorchSharp.torch;

namespace Alignment.Objectives;

/// <summary>
/// Simple preference optimisation: −log S(β(a_w − a_l) − γ) with a = p/n (Meng et al. 2024, arXiv 2405.14734, eq. 6); no reference model.
/// Rewards are β·a and leave γ out, so the accuracy counts pairs by the sign of the margin alone.
/// </summary>
/// <param name="Beta">Scale of the mean log-probs, > 0.</param>
/// <param name="Gamma">Target margin of the scaled mean log-probs, ≥ 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0, or gamma not one ≥ 0.</exception>
public sealed record SimPo(double Beta, double Gamma) : PairwiseObjective
{
    internal static Declaration Declared { get; } = new("SimPO",
        at => new SimPo(at(nameof(Beta)), at(nameof(Gamma))) { LabelSmoothing = at(nameof(LabelSmoothing)), NllWeight = at(nameof(NllWeight)) },
        Hyperparameter.Beta, Hyperparameter.Gamma, Hyperparameter.LabelSmoothing.Or(0), Hyperparameter.NllWeight.Or(0));

    /// <summary>Scale of the mean log-probs, > 0.</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <summary>Target margin of the scaled mean log-probs, ≥ 0.</summary>
    public double Gamma { get; } = Declared.Checked(Gamma, nameof(Gamma));

    /// <summary>ε, the probability of a wrong label, in [0, 0.5).</summary>
    public double LabelSmoothing { get; init => field = Declared.Checked(value, nameof(LabelSmoothing)); } = Declared.Default(nameof(LabelSmoothing));

    /// <summary>Weight of an added −p_w/n_w, ≥ 0; 0 is SimPO, above it is CPO-SimPO (TRL's cpo_alpha, whose default is 1).</summary>
    public double NllWeight { get; init => field = Declared.Checked(value, nameof(NllWeight)); } = Declared.Default(nameof(NllWeight));

    /// <inheritdoc/>
    public override string Name => Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsReference => false;

    /// <inheritdoc/>
    private protected override PairTerms Of(PairSums pair)
    {
        Sides means = pair.Means, rewards = means * Beta;
        Tensor loss = Logistic.Loss(rewards.MarginBeyond(Gamma), LabelSmoothing);
        return new(NllWeight == 0 ? loss : loss - means.Chosen * NllWeight, rewards);
    }
}

/// <summary>
/// SimPO with a hinge: max(0, 1 − β(a_w − a_l) + γ) with a = p/n (the "hinge" of SimPO's code; Meng et al. 2024, arXiv 2405.14734); no reference
/// model. Rewards are β·a.
/// </summary>
/// <param name="Beta">Scale of the mean log-probs, > 0.</param>
/// <param name="Gamma">Target margin of the scaled mean log-probs, ≥ 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0, or gamma not one ≥ 0.</exception>
public sealed record SimPoHinge(double Beta, double Gamma) : PairwiseObjective
{
    internal static Declaration Declared { get; } = new("SimPO-hinge", at => new SimPoHinge(at(nameof(Beta)), at(nameof(Gamma))),
        Hyperparameter.Beta, Hyperparameter.Gamma);

    /// <summary>Scale of the mean log-probs, > 0.</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <summary>Target margin of the scaled mean log-probs, ≥ 0.</summary>
    public double Gamma { get; } = Declared.Checked(Gamma, nameof(Gamma));

    /// <inheritdoc/>
    public override string Name => Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsReference => false;

    /// <inheritdoc/>
    private protected override PairTerms Of(PairSums pair)
    {
        Sides rewards = pair.Means * Beta;
        return new((1 - rewards.MarginBeyond(Gamma)).relu(), rewards);
    }
}

/// <summary>
/// Contrastive preference optimisation: −log S(β(p_w − p_l)) + λ·NLL(y_w) (Xu et al. 2024, arXiv 2401.08417), no reference model; TRL's "sigmoid"
/// of CPO. NLL(y_w) = −p_w/n_w: the mean over the response's tokens is taken for each pair, so that micro-batches do not change it. Rewards are β·p.
/// </summary>
/// <param name="Beta">Scale of the summed log-probs, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record Cpo(double Beta) : PairwiseObjective
{
    internal static Declaration Declared { get; } = new("CPO", at => new Cpo(at(nameof(Beta))) { NllWeight = at(nameof(NllWeight)), LabelSmoothing = at(nameof(LabelSmoothing)) },
        Hyperparameter.Beta, Hyperparameter.NllWeight.Or(1), Hyperparameter.LabelSmoothing.Or(0));

    /// <summary>Scale of the summed log-probs, > 0.</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <summary>λ, the weight of −p_w/n_w (TRL's cpo_alpha), ≥ 0.</summary>
    public double NllWeight { get; init => field = Declared.Checked(value, nameof(NllWeight)); } = Declared.Default(nameof(NllWeight));

    /// <summary>ε, the probability of a wrong label, in [0, 0.5).</summary>
    public double LabelSmoothing { get; init => field = Declared.Checked(value, nameof(LabelSmoothing)); } = Declared.Default(nameof(LabelSmoothing));

    /// <inheritdoc/>
    public override string Name => Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsReference => false;

    /// <inheritdoc/>
    private protected override PairTerms Of(PairSums pair)
    {
        Sides rewards = pair.Policy * Beta;
        return new(Logistic.Loss(rewards.Margin, LabelSmoothing) - pair.Means.Chosen * NllWeight, rewards);
    }
}

/// <summary>
/// CPO with a hinge: max(0, 1 − β(p_w − p_l)) + λ·NLL(y_w) (SLiC's loss on the policy alone, Zhao et al. 2023, arXiv 2305.10425; TRL's "hinge" of
/// CPO). NLL as in <see cref="Cpo"/>. Rewards are β·p.
/// </summary>
/// <param name="Beta">Scale of the summed log-probs, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record CpoHinge(double Beta) : PairwiseObjective
{
    internal static Declaration Declared { get; } = new("CPO-hinge", at => new CpoHinge(at(nameof(Beta))) { NllWeight = at(nameof(NllWeight)) },
        Hyperparameter.Beta, Hyperparameter.NllWeight.Or(1));

    /// <summary>Scale of the summed log-probs, > 0.</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <summary>λ, the weight of −p_w/n_w (TRL's cpo_alpha), ≥ 0.</summary>
    public double NllWeight { get; init => field = Declared.Checked(value, nameof(NllWeight)); } = Declared.Default(nameof(NllWeight));

    /// <inheritdoc/>
    public override string Name => Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsReference => false;

    /// <inheritdoc/>
    private protected override PairTerms Of(PairSums pair)
    {
        Sides rewards = pair.Policy * Beta;
        return new((1 - rewards.Margin).relu() - pair.Means.Chosen * NllWeight, rewards);
    }
}

/// <summary>
/// Odds ratio preference optimisation: NLL(y_w) − β log S(log odds(a_w) − log odds(a_l)), log odds(a) = a − log(1 − e^a), a = p/n (Hong et al. 2024,
/// arXiv 2403.07691, eq. 6 and 7), no reference model. NLL(y_w) = −a_w, over the response's tokens (TRL also counts the prompt's). A mean log-prob above
/// −1e-7 counts as that much in the odds, which are infinite at 0. Rewards are β·a.
/// </summary>
/// <param name="Beta">Weight of the odds ratio (λ in the paper), > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record Orpo(double Beta) : PairwiseObjective
{
    private const double Closest = 1e-7;

    internal static Declaration Declared { get; } = new("ORPO", at => new Orpo(at(nameof(Beta))) { NllWeight = at(nameof(NllWeight)) },
        Hyperparameter.Beta, Hyperparameter.NllWeight.Or(1));

    /// <summary>Weight of the odds ratio (λ in the paper), > 0.</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <summary>Weight of NLL(y_w), ≥ 0; 1 in the paper.</summary>
    public double NllWeight { get; init => field = Declared.Checked(value, nameof(NllWeight)); } = Declared.Default(nameof(NllWeight));

    /// <inheritdoc/>
    public override string Name => Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsReference => false;

    /// <inheritdoc/>
    private protected override PairTerms Of(PairSums pair)
    {
        Sides means = pair.Means;
        return new(Logistic.Loss(LogOdds(means.Chosen) - LogOdds(means.Rejected)) * Beta - means.Chosen * NllWeight, means * Beta);
    }

    // a - log(1 - e^a); expm1 keeps the digits near a = 0
    private static Tensor LogOdds(Tensor meanLogProb)
    {
        Tensor below = meanLogProb.clamp_max(-Closest);
        return below - (-below.expm1()).log();
    }
}
