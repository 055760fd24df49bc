namespace Alignment.Objectives;

/// <summary>
/// Conservative DPO: −(1−ε) log S(βΔ) − ε log S(−βΔ) with Δ = c_w − c_l (Mitchell 2023, "A note on DPO with noisy preferences and
/// relationship to IPO"); TRL's label_smoothing. Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <param name="LabelSmoothing">ε, the probability of a wrong label, in [0, 0.5).</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0, or the label smoothing not in [0, 0.5).</exception>
public sealed record Cdpo(double Beta, double LabelSmoothing) : PairwiseObjective
{
    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Positive(Beta, "cDPO", "beta");

    /// <summary>ε, the probability of a wrong label, in [0, 0.5).</summary>
    public double LabelSmoothing { get; } = Smoothing(LabelSmoothing, "cDPO");

    /// <inheritdoc/>
    public override string Name => "cDPO";

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    internal override PairTerms<T> Of<T>(PairSums<T> pair)
    {
        Sides<T> rewards = pair.LogRatios * Beta;
        return new(Logistic.Loss(rewards.Margin, LabelSmoothing), rewards);
    }
}
