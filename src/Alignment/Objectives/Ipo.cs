namespace Alignment.Objectives;

/// <summary>
/// Identity preference optimisation on log-probs per token: (ℓ_w − ℓ_l − 1/(2β))² with ℓ = (p − r)/n (Azar et al. 2024, arXiv 2310.12036, eq. 17,
/// averaged as in TRL's "ipo"). <see cref="IpoOnSums"/> is the form on sums. Rewards are β·ℓ.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference (τ in the paper), > 0; the margin is drawn to 1/(2β).</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record Ipo(double Beta) : PairwiseObjective
{
    /// <summary>Strength of the pull to the reference (τ in the paper), > 0; the margin is drawn to 1/(2β).</summary>
    public double Beta { get; } = Positive(Beta, "IPO", "beta");

    /// <inheritdoc/>
    public override string Name => "IPO";

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    internal override PairTerms<T> Of<T>(PairSums<T> pair)
    {
        Sides<T> ratios = pair.MeanLogRatios;
        return new(T.Square(ratios.Margin - 1 / (2 * Beta)), ratios * Beta);
    }
}
