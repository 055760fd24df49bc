namespace Alignment.Objectives;

/// <summary>
/// Length-desensitised DPO: −log S(β(ĉ_w − ĉ_l)), where each sum, the reference's too, is that of the first min(n_w, n_l) tokens plus α times the rest
/// (Liu et al. 2024, arXiv 2409.06411; TRL's ld_alpha). Rewards are β·ĉ.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <param name="Alpha">α, the weight of the tokens past the shorter response's length, in [0, 1]; 1 is DPO.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0, or alpha not in [0, 1].</exception>
public sealed record LdDpo(double Beta, double Alpha) : PairwiseObjective
{
    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Positive(Beta, "LD-DPO", "beta");

    /// <summary>α, the weight of the tokens past the shorter response's length, in [0, 1]; 1 is DPO.</summary>
    public double Alpha { get; } = Fraction(Alpha, "LD-DPO", "alpha");

    /// <inheritdoc/>
    public override string Name => "LD-DPO";

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    public override bool NeedsSharedSums => true;

    /// <inheritdoc/>
    internal override PairTerms<T> Of<T>(PairSums<T> pair)
    {
        Sides<T> rewards = pair.LogRatios * Beta;
        return new(Logistic.Loss(rewards.Margin), rewards);
    }

    private protected override PairLogProbs Prepared(PairLogProbs pairs) => pairs.WithTailsWeighted(Alpha);
}
