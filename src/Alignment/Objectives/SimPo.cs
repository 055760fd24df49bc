namespace Alignment.Objectives;

/// <summary>
/// Simple preference optimisation: −log S(β(a_w − a_l) − γ) with a = p/n (Meng et al. 2024, arXiv 2405.14734, eq. 6); no reference model.
/// Rewards are β·a and leave γ out, so the accuracy counts pairs by the sign of the margin alone.
/// </summary>
/// <param name="Beta">Scale of the mean log-probs, > 0.</param>
/// <param name="Gamma">Target margin of the scaled mean log-probs, ≥ 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0, or gamma not one ≥ 0.</exception>
public sealed record SimPo(double Beta, double Gamma) : PairwiseObjective
{
    /// <summary>Scale of the mean log-probs, > 0.</summary>
    public double Beta { get; } = Positive(Beta, "SimPO", "beta");

    /// <summary>Target margin of the scaled mean log-probs, ≥ 0.</summary>
    public double Gamma { get; } = NotNegative(Gamma, "SimPO", "gamma");

    /// <summary>ε, the probability of a wrong label, in [0, 0.5).</summary>
    public double LabelSmoothing { get; init => field = Smoothing(value, Name); }

    /// <summary>Weight of an added −p_w/n_w, ≥ 0; 0 is SimPO, above it is CPO-SimPO (TRL's cpo_alpha, whose default is 1).</summary>
    public double NllWeight { get; init => field = NotNegative(value, Name, "nllWeight"); }

    /// <summary>γ/β, the form in which SimPO's code takes the margin.</summary>
    public double GammaBetaRatio => Gamma / Beta;

    /// <inheritdoc/>
    public override string Name => "SimPO";

    /// <inheritdoc/>
    public override bool NeedsReference => false;

    /// <summary>SimPO with γ = <paramref name="gammaBetaRatio"/>·β.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0, or the ratio not one ≥ 0.</exception>
    public static SimPo FromRatio(double beta, double gammaBetaRatio) =>
        new(beta, NotNegative(gammaBetaRatio, "SimPO", "gammaBetaRatio") * beta);

    /// <inheritdoc/>
    internal override PairTerms<T> Of<T>(PairSums<T> pair)
    {
        Sides<T> means = pair.Means, rewards = means * Beta;
        T loss = Logistic.Loss(rewards.Margin - Gamma, LabelSmoothing);
        return new(NllWeight == 0 ? loss : loss - means.Chosen * NllWeight, rewards);
    }
}
