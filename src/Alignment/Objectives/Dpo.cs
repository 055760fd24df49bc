namespace Alignment.Objectives;

/// <summary>
/// Direct preference optimisation: −log S(β(c_w − c_l)) with c = p − r (Rafailov et al. 2024, arXiv 2305.18290, eq. 7). Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record Dpo(double Beta) : PairwiseObjective
{
    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Positive(Beta, "DPO", "beta");

    /// <inheritdoc/>
    public override string Name => "DPO";

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    internal override PairTerms<T> Of<T>(PairSums<T> pair)
    {
        Sides<T> rewards = pair.LogRatios * Beta;
        return new(Logistic.Loss(rewards.Margin), rewards);
    }
}
