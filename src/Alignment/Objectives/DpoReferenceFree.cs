namespace Alignment.Objectives;

/// <summary>
/// DPO without a reference model: −log S(β(p_w − p_l)), that is DPO with a uniform reference (reference_free of DPO's code; Rafailov et al. 2024,
/// arXiv 2305.18290). Rewards are β·c where the pairs carry reference log-probs, as that code reports them, else β·p.
/// </summary>
/// <param name="Beta">Scale of the summed log-probs, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record DpoReferenceFree(double Beta) : PairwiseObjective
{
    /// <summary>Scale of the summed log-probs, > 0.</summary>
    public double Beta { get; } = Positive(Beta, "DPO-reference-free", "beta");

    /// <inheritdoc/>
    public override string Name => "DPO-reference-free";

    /// <inheritdoc/>
    public override bool NeedsReference => false;

    /// <inheritdoc/>
    internal override PairTerms<T> Of<T>(PairSums<T> pair)
    {
        Sides<T> rewards = (pair.Reference is null ? pair.Policy : pair.LogRatios) * Beta;
        return new(Logistic.Loss(pair.Policy.Margin * Beta), rewards);
    }
}
