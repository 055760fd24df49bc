using Alignment.Files;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace Alignment.Objectives;

/// <summary>
/// The hinge loss max(0, 1 − βΔ) of SLiC-HF on DPO's margin (Zhao et al. 2023, arXiv 2305.10425; Liu et al. 2024, arXiv 2309.06657); TRL's
/// "hinge". Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record Hinge(double Beta) : PairwiseObjective
{
    internal static Declaration Declared { get; } = new("hinge", at => new Hinge(at(nameof(Beta))), Hyperparameter.Beta);

    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <inheritdoc/>
    public override string Name => Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    private protected override PairTerms Of(PairSums pair)
    {
        Sides rewards = pair.LogRatios * Beta;
        return new((1 - rewards.Margin).relu(), rewards);
    }
}

/// <summary>
/// Identity preference optimisation on log-probs per token: (ℓ_w − ℓ_l − 1/(2β))² with ℓ = (p − r)/n (Azar et al. 2024, arXiv 2310.12036, eq. 17,
/// averaged as in TRL's "ipo"). <see cref="IpoOnSums"/> is the form on sums. Rewards are β·ℓ.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference (τ in the paper), > 0; the margin is drawn to 1/(2β).</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record Ipo(double Beta) : PairwiseObjective
{
    internal static Declaration Declared { get; } = new("IPO", at => new Ipo(at(nameof(Beta))), Hyperparameter.Beta);

    /// <summary>Strength of the pull to the reference (τ in the paper), > 0; the margin is drawn to 1/(2β).</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <inheritdoc/>
    public override string Name => Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    private protected override PairTerms Of(PairSums pair)
    {
        Sides ratios = pair.MeanLogRatios;
        return new(ratios.MarginBeyond(1 / (2 * Beta)).square(), ratios * Beta);
    }
}

/// <summary>
/// Identity preference optimisation on summed log-probs: (Δ − 1/(2β))² (Azar et al. 2024, arXiv 2310.12036, eq. 17, as in the original code of DPO).
/// <see cref="Ipo"/> is the form per token. Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference (τ in the paper), > 0; the margin is drawn to 1/(2β).</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record IpoOnSums(double Beta) : PairwiseObjective
{
    internal static Declaration Declared { get; } = new("IPO-sum", at => new IpoOnSums(at(nameof(Beta))), Hyperparameter.Beta);

    /// <summary>Strength of the pull to the reference (τ in the paper), > 0; the margin is drawn to 1/(2β).</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <inheritdoc/>
    public override string Name => Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    private protected override PairTerms Of(PairSums pair)
    {
        Sides ratios = pair.LogRatios;
        return new(ratios.MarginBeyond(1 / (2 * Beta)).square(), ratios * Beta);
    }
}

/// <summary>
/// Efficient exact optimisation, pair form: the reverse KL S(βΔ)[log S(βΔ) − log(1−ε)] + S(−βΔ)[log S(−βΔ) − log ε] (Ji et al. 2024,
/// arXiv 2402.00856, eq. 16); TRL's "exo_pair". Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <param name="LabelSmoothing">ε, the probability that the rejected response is the better one, in (0, 0.5); TRL takes 1e-3.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0, or the label smoothing not in (0, 0.5).</exception>
public sealed record Exo(double Beta, double LabelSmoothing) : PairwiseObjective
{
    internal static Declaration Declared { get; } = new("EXO", at => new Exo(at(nameof(Beta)), at(nameof(LabelSmoothing))),
        Hyperparameter.Beta, Hyperparameter.LabelSmoothing with { Rule = NumberRule.PositiveBelowHalf });

    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <summary>ε, the probability that the rejected response is the better one, in (0, 0.5); TRL takes 1e-3.</summary>
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
        return new(margin.sigmoid() * (logsigmoid(margin) - Math.Log(1 - LabelSmoothing))
            + (-margin).sigmoid() * (logsigmoid(-margin) - Math.Log(LabelSmoothing)), rewards);
    }
}

/// <summary>
/// Discovered preference optimisation, the log-ratio modulated loss: −(1 − m) log S(x) + m e^(−x) with x = βΔ, m = S(x/τ) (Lu et al. 2024,
/// arXiv 2406.08414, eq. 5; TRL's "discopop"). The second term is e^(log S(x/τ) − x): its factors alone overflow and meet as 0·∞. Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record DiscoPop(double Beta) : PairwiseObjective
{
    internal static Declaration Declared { get; } = new("DiscoPOP", at => new DiscoPop(at(nameof(Beta))) { Tau = at(nameof(Tau)) },
        Hyperparameter.Beta, Hyperparameter.Tau);

    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <summary>τ, the width of the change from one loss to the other, > 0; 0.05 in the paper.</summary>
    public double Tau { get; init => field = Declared.Checked(value, nameof(Tau)); } = Declared.Default(nameof(Tau));

    /// <inheritdoc/>
    public override string Name => Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    private protected override PairTerms Of(PairSums pair)
    {
        Sides rewards = pair.LogRatios * Beta;
        Tensor margin = rewards.Margin;
        return new(Logistic.Loss(margin) * (-margin / Tau).sigmoid() + (logsigmoid(margin / Tau) - margin).exp(), rewards);
    }
}
