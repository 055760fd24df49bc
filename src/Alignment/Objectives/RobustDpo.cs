namespace Alignment.Objectives;

/// <summary>
/// Robust DPO: [−(1−ε) log S(βΔ) + ε log S(−βΔ)]/(1−2ε), unbiased where labels are flipped with probability ε (Chowdhury et al. 2024,
/// arXiv 2403.00409); TRL's "robust". Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <param name="LabelSmoothing">ε, the probability of a wrong label, in [0, 0.5).</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0, or the label smoothing not in [0, 0.5).</exception>
public sealed record RobustDpo(double Beta, double LabelSmoothing) : PairwiseObjective
{
    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Positive(Beta, "robust-DPO", "beta");

    /// <summary>ε, the probability of a wrong label, in [0, 0.5).</summary>
    public double LabelSmoothing { get; } = Smoothing(LabelSmoothing, "robust-DPO");

    /// <inheritdoc/>
    public override string Name => "robust-DPO";

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    internal override PairTerms<T> Of<T>(PairSums<T> pair)
    {
        Sides<T> rewards = pair.LogRatios * Beta;
        T margin = rewards.Margin;
        return new((Logistic.Loss(margin) * (1 - LabelSmoothing) - Logistic.Loss(-margin) * LabelSmoothing) / (1 - 2 * LabelSmoothing), rewards);
    }
}
