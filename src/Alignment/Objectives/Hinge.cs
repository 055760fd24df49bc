namespace Alignment.Objectives;

/// <summary>
/// The hinge loss max(0, 1 − βΔ) of SLiC-HF on DPO's margin (Zhao et al. 2023, arXiv 2305.10425; Liu et al. 2024, arXiv 2309.06657); TRL's
/// "hinge". Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record Hinge(double Beta) : PairwiseObjective
{
    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Positive(Beta, "hinge", "beta");

    /// <inheritdoc/>
    public override string Name => "hinge";

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    internal override PairTerms<T> Of<T>(PairSums<T> pair)
    {
        Sides<T> rewards = pair.LogRatios * Beta;
        return new(T.Relu(1 - rewards.Margin), rewards);
    }
}
