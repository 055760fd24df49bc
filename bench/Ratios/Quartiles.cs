using System.Globalization;
using Alignment.Evaluation;

namespace Alignment.Bench.Ratios;

/// <summary>A median between its quartiles.</summary>
/// <param name="Low">First quartile.</param>
/// <param name="Median">Second.</param>
/// <param name="High">Third.</param>
internal readonly record struct Quartiles(double Low, double Median, double High)
{
    /// <summary>Of numbers in any order, at least one.</summary>
    public static Quartiles Of(IEnumerable<double> values)
    {
        double[] ascending = [.. values.Order()];
        return new(Percentile.Of(ascending, 25), Percentile.Of(ascending, 50), Percentile.Of(ascending, 75));
    }

    /// <summary>Of one over other, round by round: what slows a round slows both.</summary>
    public static Quartiles OfRatios(IReadOnlyList<double> one, IReadOnlyList<double> other) => Of(one.Zip(other, (a, b) => a / b));

    /// <summary>All three scaled.</summary>
    public static Quartiles operator *(Quartiles quartiles, double factor) => new(quartiles.Low * factor, quartiles.Median * factor, quartiles.High * factor);

    /// <summary>"2.51 [2.44, 2.60]".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Median:0.00} [{Low:0.00}, {High:0.00}]");
}
