namespace Alignment.Objectives;

/// <summary>
/// SimPO with a hinge: max(0, 1 − β(a_w − a_l) + γ) with a = p/n (the "hinge" of SimPO's code; Meng et al. 2024, arXiv 2405.14734); no reference
/// model. Rewards are β·a.
/// </summary>
/// <param name="Beta">Scale of the mean log-probs, > 0.</param>
/// <param name="Gamma">Target margin of the scaled mean log-probs, ≥ 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0, or gamma not one ≥ 0.</exception>
public sealed record SimPoHinge(double Beta, double Gamma) : PairwiseObjective
{
    /// <summary>Scale of the mean log-probs, > 0.</summary>
    public double Beta { get; } = Positive(Beta, "SimPO-hinge", "beta");

    /// <summary>Target margin of the scaled mean log-probs, ≥ 0.</summary>
    public double Gamma { get; } = NotNegative(Gamma, "SimPO-hinge", "gamma");

    /// <inheritdoc/>
    public override string Name => "SimPO-hinge";

    /// <inheritdoc/>
    public override bool NeedsReference => false;

    /// <summary>SimPO-hinge with γ = <paramref name="gammaBetaRatio"/>·β.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0, or the ratio not one ≥ 0.</exception>
    public static SimPoHinge FromRatio(double beta, double gammaBetaRatio) =>
        new(beta, NotNegative(gammaBetaRatio, "SimPO-hinge", "gammaBetaRatio") * beta);

    /// <inheritdoc/>
    internal override PairTerms<T> Of<T>(PairSums<T> pair)
    {
        Sides<T> rewards = pair.Means * Beta;
        return new(T.Relu(1 - (rewards.Margin - Gamma)), rewards);
    }
}
