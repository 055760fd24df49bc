namespace Alignment.Objectives;

/// <summary>
/// Self-play preference optimisation, hard labels: (c_w − 1/(2β))² + (c_l + 1/(2β))² (Wu et al. 2024, arXiv 2405.00675, eq. 4.7 with P = 1 and 0);
/// TRL's "sppo_hard". Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference (1/η in the paper), > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record Sppo(double Beta) : PairwiseObjective
{
    internal static Declaration Declared { get; } = new("SPPO", at => new Sppo(at(nameof(Beta))), Hyperparameter.Beta);

    /// <summary>Strength of the pull to the reference (1/η in the paper), > 0.</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <inheritdoc/>
    public override string Name => Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    private protected override PairTerms Of(PairSums pair)
    {
        Sides ratios = pair.LogRatios;
        return new((ratios.Chosen - 0.5 / Beta).square() + (ratios.Rejected + 0.5 / Beta).square(), ratios * Beta);
    }
}

/// <summary>
/// Noise contrastive alignment, pair form: −log S(βc_w) − ½ log S(−βc_w) − ½ log S(−βc_l) (Chen et al. 2024, arXiv 2402.05369); TRL's "nca_pair".
/// Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record Nca(double Beta) : PairwiseObjective
{
    internal static Declaration Declared { get; } = new("NCA", at => new Nca(at(nameof(Beta))), Hyperparameter.Beta);

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
        return new(Logistic.Loss(rewards.Chosen) + Logistic.Loss(-rewards.Chosen) * 0.5 + Logistic.Loss(-rewards.Rejected) * 0.5, rewards);
    }
}

/// <summary>
/// Anchored preference optimisation for a policy that is worse than the chosen responses: 1 − S(βc_w) + S(βc_l), which raises the chosen and lowers the
/// rejected response (D'Oosterlinck et al. 2024, arXiv 2408.06266, eq. 7); TRL's "apo_zero". Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record ApoZero(double Beta) : PairwiseObjective
{
    internal static Declaration Declared { get; } = new("APO-zero", at => new ApoZero(at(nameof(Beta))), Hyperparameter.Beta);

    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <inheritdoc/>
    public override string Name => Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    internal override LabelledObjective OnLabels => new LabelledApoZero(Beta);

    /// <inheritdoc/>
    private protected override PairTerms Of(PairSums pair)
    {
        Sides rewards = pair.LogRatios * Beta;
        return new((-rewards.Chosen).sigmoid() + rewards.Rejected.sigmoid(), rewards);
    }
}

/// <summary>
/// Anchored preference optimisation for a policy that is better than the chosen responses: S(βc_w) + 1 − S(βΔ), which lowers both responses, the rejected
/// one more (D'Oosterlinck et al. 2024, arXiv 2408.06266, eq. 8); TRL's "apo_down". Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record ApoDown(double Beta) : PairwiseObjective
{
    internal static Declaration Declared { get; } = new("APO-down", at => new ApoDown(at(nameof(Beta))), Hyperparameter.Beta);

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
        return new(rewards.Chosen.sigmoid() + (rewards.Rejected - rewards.Chosen).sigmoid(), rewards);
    }
}

/// <summary>
/// Binary classifier optimisation, pair form without a shift: −log S(βc_w) − log S(−βc_l) (Jung et al. 2024, arXiv 2404.04656 with δ = 0, as in
/// TRL 1.9's "bco_pair"). <see cref="BcoDelta"/> has the shift. Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record Bco(double Beta) : PairwiseObjective
{
    internal static Declaration Declared { get; } = new("BCO", at => new Bco(at(nameof(Beta))), Hyperparameter.Beta);

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
        return new(Logistic.Loss(rewards.Chosen) + Logistic.Loss(-rewards.Rejected), rewards);
    }
}
