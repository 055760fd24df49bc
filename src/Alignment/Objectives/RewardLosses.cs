namespace Alignment.Objectives;

/// <summary>
/// Self-play preference optimisation, hard labels: (c_w − 1/(2β))² + (c_l + 1/(2β))² (Wu et al. 2024, arXiv 2405.00675, eq. 4.7 with P = 1 and 0);
/// TRL's "sppo_hard". Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference (1/η in the paper), > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record Sppo(double Beta) : PairwiseObjective
{
    /// <summary>Strength of the pull to the reference (1/η in the paper), > 0.</summary>
    public double Beta { get; } = Positive(Beta, "SPPO", "beta");

    /// <inheritdoc/>
    public override string Name => "SPPO";

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    internal override PairTerms<T> Of<T>(PairSums<T> pair)
    {
        Sides<T> ratios = pair.LogRatios;
        return new(T.Square(ratios.Chosen - 0.5 / Beta) + T.Square(ratios.Rejected + 0.5 / Beta), ratios * Beta);
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

/// <summary>
/// Binary classifier optimisation, pair form without a shift: −log S(βc_w) − log S(−βc_l) (Jung et al. 2024, arXiv 2404.04656 with δ = 0, as in
/// TRL 1.9's "bco_pair"). <see cref="BcoDelta"/> has the shift. Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record Bco(double Beta) : PairwiseObjective
{
    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Positive(Beta, "BCO", "beta");

    /// <inheritdoc/>
    public override string Name => "BCO";

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    internal override PairTerms<T> Of<T>(PairSums<T> pair)
    {
        Sides<T> rewards = pair.LogRatios * Beta;
        return new(Logistic.Loss(rewards.Chosen) + Logistic.Loss(-rewards.Rejected), rewards);
    }
}
