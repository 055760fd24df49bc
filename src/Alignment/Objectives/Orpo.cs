namespace Alignment.Objectives;

/// <summary>
/// Odds ratio preference optimisation: NLL(y_w) − β log S(log odds(a_w) − log odds(a_l)), log odds(a) = a − log(1 − e^a), a = p/n (Hong et al. 2024,
/// arXiv 2403.07691, eq. 6 and 7), no reference model. NLL(y_w) = −a_w, over the response's tokens (TRL also counts the prompt's). A mean log-prob above
/// −1e-7 counts as that much in the odds, which are infinite at 0. Rewards are β·a.
/// </summary>
/// <param name="Beta">Weight of the odds ratio (λ in the paper), > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record Orpo(double Beta) : PairwiseObjective
{
    private const double Closest = 1e-7;

    /// <summary>Weight of the odds ratio (λ in the paper), > 0.</summary>
    public double Beta { get; } = Positive(Beta, "ORPO", "beta");

    /// <summary>Weight of NLL(y_w), ≥ 0; 1 in the paper.</summary>
    public double NllWeight { get; init => field = NotNegative(value, Name, "nllWeight"); } = 1;

    /// <inheritdoc/>
    public override string Name => "ORPO";

    /// <inheritdoc/>
    public override bool NeedsReference => false;

    /// <inheritdoc/>
    internal override PairTerms<T> Of<T>(PairSums<T> pair)
    {
        Sides<T> means = pair.Means;
        return new(Logistic.Loss(LogOdds(means.Chosen) - LogOdds(means.Rejected)) * Beta - means.Chosen * NllWeight, means * Beta);
    }

    // a - log(1 - e^a); expm1 keeps the digits near a = 0
    private static T LogOdds<T>(T meanLogProb) where T : struct, IPairNumber<T>
    {
        T below = T.AtMost(meanLogProb, -Closest);
        return below - T.Log(-T.ExpM1(below));
    }
}
