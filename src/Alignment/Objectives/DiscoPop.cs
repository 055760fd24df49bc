namespace Alignment.Objectives;

/// <summary>
/// Discovered preference optimisation, the log-ratio modulated loss: −(1 − m) log S(x) + m e^(−x) with x = βΔ, m = S(x/τ) (Lu et al. 2024,
/// arXiv 2406.08414, eq. 5; TRL's "discopop"). The second term is e^(log S(x/τ) − x): its factors alone overflow and meet as 0·∞. Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record DiscoPop(double Beta) : PairwiseObjective
{
    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Positive(Beta, "DiscoPOP", "beta");

    /// <summary>τ, the width of the change from one loss to the other, > 0; 0.05 in the paper.</summary>
    public double Tau { get; init => field = Positive(value, Name, "tau"); } = 0.05;

    /// <inheritdoc/>
    public override string Name => "DiscoPOP";

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    internal override PairTerms<T> Of<T>(PairSums<T> pair)
    {
        Sides<T> rewards = pair.LogRatios * Beta;
        T margin = rewards.Margin;
        return new(Logistic.Loss(margin) * T.Sigmoid(-margin / Tau) + T.Exp(T.LogSigmoid(margin / Tau) - margin), rewards);
    }
}
