namespace Alignment.Objectives;

/// <summary>
/// Identity preference optimisation on summed log-probs: (Δ − 1/(2β))² (Azar et al. 2024, arXiv 2310.12036, eq. 17, as in the original code of DPO).
/// <see cref="Ipo"/> is the form per token. Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference (τ in the paper), > 0; the margin is drawn to 1/(2β).</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record IpoOnSums(double Beta) : PairwiseObjective
{
    /// <summary>Strength of the pull to the reference (τ in the paper), > 0; the margin is drawn to 1/(2β).</summary>
    public double Beta { get; } = Positive(Beta, "IPO-sum", "beta");

    /// <inheritdoc/>
    public override string Name => "IPO-sum";

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    internal override PairTerms<T> Of<T>(PairSums<T> pair)
    {
        Sides<T> ratios = pair.LogRatios;
        return new(T.Square(ratios.Margin - 1 / (2 * Beta)), ratios * Beta);
    }
}
