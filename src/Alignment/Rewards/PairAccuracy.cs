namespace Alignment.Rewards;

/// <summary>How often a reward model puts the chosen response above the rejected one; a tie counts as half.</summary>
/// <param name="Right">Pairs in the right order.</param>
/// <param name="Total">Pairs.</param>
/// <param name="Ties">Pairs whose sides have the same score.</param>
internal sealed record PairAccuracy(int Right, int Total, int Ties = 0)
{
    // the 97.5 % quantile of the standard normal distribution
    private const double Z = 1.959963984540054;

    /// <summary>(Right + Ties / 2) / Total; not-a-number without pairs.</summary>
    public double Value => (Right + 0.5 * Ties) / Total;

    /// <summary>Lower end of the 95 % interval (Wilson 1927); 0 without pairs.</summary>
    public double Low => Total == 0 ? 0 : Math.Max(0, Centre - HalfWidth);

    /// <summary>Upper end of the 95 % interval (Wilson 1927); 1 without pairs.</summary>
    public double High => Total == 0 ? 1 : Math.Min(1, Centre + HalfWidth);

    private double Shrink => 1 + Z * Z / Total;

    private double Centre => (Value + Z * Z / (2 * Total)) / Shrink;

    private double HalfWidth => Z / Shrink * Math.Sqrt(Value * (1 - Value) / Total + Z * Z / (4.0 * Total * Total));

    /// <summary>Counts the pairs whose first score is above the second.</summary>
    public static PairAccuracy Count(IReadOnlyList<double> chosen, IReadOnlyList<double> rejected) =>
        new(chosen.Zip(rejected).Count(pair => pair.First > pair.Second), chosen.Count, chosen.Zip(rejected).Count(pair => pair.First == pair.Second));

    /// <summary>"0.591 (0.532 … 0.648, 1182 of 2000 pairs)", with the ties where there are some.</summary>
    public override string ToString() => FormattableString.Invariant($"{Value:F3} ({Low:F3} … {High:F3}, {Right} of {Total} pairs{(Ties > 0 ? $", {Ties} ties as half" : "")})");
}
