namespace Alignment.Bench.Growth;

/// <summary>One size of a series and how its work is done once.</summary>
/// <param name="Size">In the series' unit.</param>
/// <param name="Open">Prepares the work; gives it as a function of nothing, and what it holds.</param>
internal sealed record GrowthPoint(double Size, Func<(Action Work, IDisposable Held)> Open);

/// <summary>What grows with what.</summary>
/// <param name="Name">The work, a part of what its times are tracked by; never changes.</param>
/// <param name="Unit">What its sizes count.</param>
/// <param name="Why">Why it may grow faster than its size; empty where it may not.</param>
/// <param name="Points">Ascending sizes.</param>
internal sealed record GrowthSeries(string Name, string Unit, string Why, IReadOnlyList<GrowthPoint> Points);

/// <summary>A series as measured.</summary>
/// <param name="Name">Of the series.</param>
/// <param name="Unit">Of the series.</param>
/// <param name="Why">Of the series.</param>
/// <param name="Sizes">Ascending.</param>
/// <param name="Seconds">[sizes][rounds].</param>
/// <param name="Megabytes">[sizes] the most resident memory above what was there before; NaN where the system does not say.</param>
internal sealed record GrowthRow(string Name, string Unit, string Why, double[] Sizes, double[][] Seconds, double[] Megabytes)
{
    /// <summary>Median seconds of each size.</summary>
    public double[] Medians => [.. Seconds.Select(rounds => Ratios.Quartiles.Of(rounds).Median)];

    /// <summary>How time grows.</summary>
    public PowerFit Time => PowerFit.Of(Sizes, Medians);

    /// <summary>How memory grows; null where a size needs none that could be seen.</summary>
    public PowerFit? Memory => Megabytes.All(megabytes => megabytes > 0) ? PowerFit.Of(Sizes, Megabytes) : null;
}
