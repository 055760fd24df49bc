using System.Globalization;
using System.IO.Enumeration;
using Alignment.Bench.Measuring;
using Alignment.Bench.Ratios;

namespace Alignment.Bench.Growth;

/// <summary>Measures how cost grows: all sizes of a series by turns, so that a busy neighbour bends no line.</summary>
internal static class GrowthBench
{
    /// <summary>Measures what the filters match.</summary>
    /// <param name="all">What there is to measure.</param>
    /// <param name="filters">Globs over the series' names.</param>
    /// <param name="rounds">How often each size is measured.</param>
    /// <exception cref="InvalidOperationException">The filters match nothing; the message lists what there is.</exception>
    public static IReadOnlyList<GrowthRow> Measure(IReadOnlyList<GrowthSeries> all, IReadOnlyList<string> filters, int rounds)
    {
        GrowthSeries[] chosen = [.. all.Where(series => filters.Any(filter => FileSystemName.MatchesSimpleExpression(filter, series.Name)))];
        return chosen.Length > 0 ? [.. chosen.Select(series => Measure(series, rounds))]
            : throw new InvalidOperationException($"no series matches {string.Join(' ', filters)}; there are {string.Join(", ", all.Select(series => series.Name))}");
    }

    private static GrowthRow Measure(GrowthSeries series, int rounds)
    {
        (Action Work, IDisposable Held)[] open = [.. series.Points.Select(point => point.Open())];
        try
        {
            foreach ((Action work, IDisposable _) in open)
                work(); // warm
            double[][] seconds = Turns.Measure(rounds, [.. open.Select(one => (Func<double>)(() => Turns.Seconds(one.Work)))]);
            double[] megabytes = [.. open.Select(one => PeakMemory.Extra(one.Work) / 1e6 ?? double.NaN)];
            var row = new GrowthRow(series.Name, series.Unit, series.Why, [.. series.Points.Select(point => point.Size)], seconds, megabytes);
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row.Name}: exponent {row.Time.Exponent:F2}"));
            return row;
        }
        finally
        {
            foreach ((Action _, IDisposable held) in open)
                held.Dispose();
        }
    }
}
