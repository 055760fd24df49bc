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
