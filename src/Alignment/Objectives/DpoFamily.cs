using Alignment.Files;
using static TorchSharp.torch;

namespace Alignment.Objectives;

/// <summary>
/// Direct preference optimisation: −log S(β(c_w − c_l)) with c = p − r (Rafailov et al. 2024, arXiv 2305.18290, eq. 7). Rewards are β·c.
/// With <see cref="NllWeight"/> it is TRL's loss_type ["sigmoid", "sft"] (Pang et al. 2024, arXiv 2404.19733, divide by each response's own length instead).
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record Dpo(double Beta) : PairwiseObjective
{
    internal static Declaration Declared { get; } = new("DPO", at => new Dpo(at(nameof(Beta))) { NllWeight = at(nameof(NllWeight)) },
        Hyperparameter.Beta, Hyperparameter.NllWeight.Or(0));

    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <summary>Weight of an added NLL of the chosen responses, the mean over all the batch's tokens, ≥ 0; 0 is DPO.</summary>
    public double NllWeight { get; init => field = Declared.Checked(value, nameof(NllWeight)); } = Declared.Default(nameof(NllWeight));

    /// <inheritdoc/>
    public override string Name => Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    private protected override PairTerms Of(PairSums pair)
    {
        Sides rewards = pair.LogRatios * Beta;
        Tensor loss = Logistic.Loss(rewards.Margin);
        return new(NllWeight == 0 ? loss : loss + pair.ChosenNll * NllWeight, rewards);
    }
}

/// <summary>
/// Length-normalised DPO: −log S(β(ℓ_w − ℓ_l)) with ℓ = (p − r)/n (Ahrabian et al. 2024, arXiv 2407.15229). It is SimPO with the margin
/// γ(x) = β(r_w/n_w − r_l/n_l) of each pair (their eq. 1). Rewards are β·ℓ, not β times the summed log-ratio.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record LnDpo(double Beta) : PairwiseObjective
{
    internal static Declaration Declared { get; } = new("LN-DPO", at => new LnDpo(at(nameof(Beta))) { LabelSmoothing = at(nameof(LabelSmoothing)), NllWeight = at(nameof(NllWeight)) },
        Hyperparameter.Beta, Hyperparameter.LabelSmoothing.Or(0), Hyperparameter.NllWeight.Or(0));

    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <summary>ε, the probability of a wrong label, in [0, 0.5).</summary>
    public double LabelSmoothing { get; init => field = Declared.Checked(value, nameof(LabelSmoothing)); } = Declared.Default(nameof(LabelSmoothing));

    /// <summary>As <see cref="Dpo.NllWeight"/>, ≥ 0; 0 is LN-DPO, above it TRL's loss_type ["sigmoid_norm", "sft"].</summary>
    public double NllWeight { get; init => field = Declared.Checked(value, nameof(NllWeight)); } = Declared.Default(nameof(NllWeight));

    /// <inheritdoc/>
    public override string Name => Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    private protected override PairTerms Of(PairSums pair)
    {
        Sides rewards = pair.MeanLogRatios * Beta;
        Tensor loss = Logistic.Loss(rewards.Margin, LabelSmoothing);
        return new(NllWeight == 0 ? loss : loss + pair.ChosenNll * NllWeight, rewards);
    }
}

/// <summary>
/// Conservative DPO: −(1−ε) log S(βΔ) − ε log S(−βΔ) with Δ = c_w − c_l (Mitchell 2023, "A note on DPO with noisy preferences and
/// relationship to IPO"); TRL's label_smoothing. Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <param name="LabelSmoothing">ε, the probability of a wrong label, in [0, 0.5).</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0, or the label smoothing not in [0, 0.5).</exception>
public sealed record Cdpo(double Beta, double LabelSmoothing) : PairwiseObjective
{
    internal static Declaration Declared { get; } = new("cDPO", at => new Cdpo(at(nameof(Beta)), at(nameof(LabelSmoothing))),
        Hyperparameter.Beta, Hyperparameter.LabelSmoothing);

    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <summary>ε, the probability of a wrong label, in [0, 0.5).</summary>
    public double LabelSmoothing { get; } = Declared.Checked(LabelSmoothing, nameof(LabelSmoothing));

    /// <inheritdoc/>
    public override string Name => Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    private protected override PairTerms Of(PairSums pair)
    {
        Sides rewards = pair.LogRatios * Beta;
        return new(Logistic.Loss(rewards.Margin, LabelSmoothing), rewards);
    }
}

/// <summary>
/// Robust DPO: [−(1−ε) log S(βΔ) + ε log S(−βΔ)]/(1−2ε), unbiased where labels are flipped with probability ε (Chowdhury et al. 2024,
/// arXiv 2403.00409); TRL's "robust". Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <param name="LabelSmoothing">ε, the probability of a wrong label, in [0, 0.5).</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0, or the label smoothing not in [0, 0.5).</exception>
public sealed record RobustDpo(double Beta, double LabelSmoothing) : PairwiseObjective
{
    internal static Declaration Declared { get; } = new("robust-DPO", at => new RobustDpo(at(nameof(Beta)), at(nameof(LabelSmoothing))),
        Hyperparameter.Beta, Hyperparameter.LabelSmoothing);

    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <summary>ε, the probability of a wrong label, in [0, 0.5).</summary>
    public double LabelSmoothing { get; } = Declared.Checked(LabelSmoothing, nameof(LabelSmoothing));

    /// <inheritdoc/>
    public override string Name => Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    private protected override PairTerms Of(PairSums pair)
    {
        Sides rewards = pair.LogRatios * Beta;
        Tensor margin = rewards.Margin;
        return new((Logistic.Loss(margin) * (1 - LabelSmoothing) - Logistic.Loss(-margin) * LabelSmoothing) / (1 - 2 * LabelSmoothing), rewards);
    }
}

/// <summary>
/// Length-regularised DPO: −log S(βΔ + α n_w − α n_l) (Park et al. 2024, arXiv 2403.19159): a pair whose chosen response is the longer one is
/// pushed less. Rewards are β·c and leave the lengths out.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <param name="Alpha">Weight of the length difference in nats per token, ≥ 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0, or alpha not one ≥ 0.</exception>
public sealed record RDpo(double Beta, double Alpha) : PairwiseObjective
{
    internal static Declaration Declared { get; } = new("R-DPO", at => new RDpo(at(nameof(Beta)), at(nameof(Alpha))),
        Hyperparameter.Beta, new("alpha", "a", NumberRule.NotNegative) { Symbol = "α" });

    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <summary>Weight of the length difference in nats per token, ≥ 0.</summary>
    public double Alpha { get; } = Declared.Checked(Alpha, nameof(Alpha));

    /// <inheritdoc/>
    public override string Name => Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    private protected override PairTerms Of(PairSums pair)
    {
        Sides rewards = pair.LogRatios * Beta;
        return new(Logistic.Loss(rewards.Margin + pair.Counts.Margin * Alpha), rewards);
    }
}

/// <summary>
/// Length-desensitised DPO: −log S(β(ĉ_w − ĉ_l)), where each sum, the reference's too, is that of the first min(n_w, n_l) tokens plus α times the rest
/// (Liu et al. 2024, arXiv 2409.06411; TRL's ld_alpha). Rewards are β·ĉ.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <param name="Alpha">α, the weight of the tokens past the shorter response's length, in [0, 1]; 1 is DPO.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0, or alpha not in [0, 1].</exception>
public sealed record LdDpo(double Beta, double Alpha) : PairwiseObjective
{
    internal static Declaration Declared { get; } = new("LD-DPO", at => new LdDpo(at(nameof(Beta)), at(nameof(Alpha))),
        Hyperparameter.Beta, new("alpha", "a", NumberRule.Fraction) { Symbol = "α" });

    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <summary>α, the weight of the tokens past the shorter response's length, in [0, 1]; 1 is DPO.</summary>
    public double Alpha { get; } = Declared.Checked(Alpha, nameof(Alpha));

    /// <inheritdoc/>
    public override string Name => Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    public override bool NeedsSharedSums => true;

    /// <inheritdoc/>
    private protected override PairTerms Of(PairSums pair)
    {
        Sides rewards = pair.LogRatios * Beta;
        return new(Logistic.Loss(rewards.Margin), rewards);
    }

    private protected override PairLogProbs Prepared(PairLogProbs pairs) => pairs.WithTailsWeighted(Alpha);
}

/// <summary>
/// DPO without a reference model: −log S(β(p_w − p_l)), that is DPO with a uniform reference (reference_free of DPO's code; Rafailov et al. 2024,
/// arXiv 2305.18290). Rewards are β·c where the pairs carry reference log-probs, as that code reports them, else β·p.
/// </summary>
/// <param name="Beta">Scale of the summed log-probs, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record DpoReferenceFree(double Beta) : PairwiseObjective
{
    internal static Declaration Declared { get; } = new("DPO-reference-free", at => new DpoReferenceFree(at(nameof(Beta))), Hyperparameter.Beta);

    /// <summary>Scale of the summed log-probs, > 0.</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <inheritdoc/>
    public override string Name => Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsReference => false;

    /// <inheritdoc/>
    private protected override PairTerms Of(PairSums pair)
    {
        Sides rewards = (pair.Reference is null ? pair.Policy : pair.LogRatios) * Beta;
        return new(Logistic.Loss(pair.Policy.Margin * Beta), rewards);
    }
}
