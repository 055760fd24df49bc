using System.Globalization;
using Alignment.Bench.Ratios;
using Alignment.Bench.Tracking;
using Alignment.Reports.Figures;
using Alignment.Reports.Tables;
using Alignment.Reports.Text;

namespace Alignment.Bench.Growth;

/// <summary>The table and the figure of <c>-t:BenchGrowth</c>, and what of it is tracked.</summary>
internal static class GrowthPage
{
    private static readonly Column[] s_columns =
    [
        new("cost"), new("sizes"), new("ms"), new("peak MB"), Column.Of("exponent of time", "time", 2), Column.Of("between the last two", "time_last", 2),
        Column.Of("exponent of memory", "memory", 2), new("above linear"),
    ];

    /// <summary>The page.</summary>
    /// <param name="rows">At least one.</param>
    /// <param name="machine">The processor, and how many threads.</param>
    public static string Markdown(IReadOnlyList<GrowthRow> rows, string machine) =>
        string.Create(CultureInfo.InvariantCulture, $"# How cost grows\n\nOn {machine}; every size by turns in {rows[0].Seconds[0].Length} rounds, medians with quartiles in brackets. ")
        + "An exponent of 1 is linear; below it a share of the cost does not grow.\n\n" + new Table(s_columns, [.. rows.Select(Row)]).ToMarkdown();

    /// <summary>The figure: both axes in doublings, so that a line's slope is its exponent.</summary>
    public static string Svg(IReadOnlyList<GrowthRow> rows) => new XyChart
    {
        Title = "How does cost grow?",
        Subtitle = "Median time against size, both as doublings of the smallest: a slope of 1 is linear; band: quartiles",
        Horizontal = "doublings of the size",
        Vertical = "doublings of the time",
        Series = [.. rows.Select((row, position) => Series(row, Palette.Of(position)))],
    }.ToSvg();

    /// <summary>For the history, the largest size of each; the ids never change.</summary>
    public static IReadOnlyList<BenchmarkResult> Results(IReadOnlyList<GrowthRow> rows) => [.. rows.Select(row => new BenchmarkResult
    {
        Id = string.Create(CultureInfo.InvariantCulture, $"Alignment.Bench.Growth.{row.Name}({row.Sizes[^1]})"),
        Nanoseconds = [.. row.Seconds[^1].Select(seconds => 1e9 * seconds)],
        PeakBytes = double.IsNaN(row.Megabytes[^1]) ? null : 1e6 * row.Megabytes[^1],
    })];

    private static IReadOnlyList<Cell> Row(GrowthRow row) =>
    [
        row.Name, $"{Listed(row.Sizes.Select(size => Digits.Fixed(size, 0)))} {row.Unit}",
        Listed(row.Seconds.Select(rounds => (Quartiles.Of(rounds) * 1000).ToString())), Listed(row.Megabytes.Select(megabytes => double.IsNaN(megabytes) ? "–" : Digits.Fixed(megabytes, 0))),
        row.Time.Exponent, row.Time.Last, row.Memory?.Exponent ?? double.NaN, Above(row),
    ];

    // a peak is one measurement: of memory only the fit over all sizes is judged
    private static string Above(GrowthRow row) => !row.Time.IsAboveLinear && row.Memory is not { Exponent: > PowerFit.Linear } ? "no"
        : row.Why.Length > 0 ? $"yes: {row.Why}" : "**yes, and nothing explains it**";

    private static string Listed(IEnumerable<string> texts) => string.Join(" / ", texts);

    private static XySeries Series(GrowthRow row, string color)
    {
        (double size, double seconds) = (row.Sizes[0], row.Medians[0]);
        return new(row.Name, color,
            [.. row.Sizes.Zip(row.Medians, (at, median) => new XyPoint(Math.Log2(at / size), Math.Log2(median / seconds),
                $"{row.Name}: {Digits.Fixed(at, 0)} {row.Unit}, {Digits.Fixed(1000 * median, 1)} ms"))],
            [.. row.Seconds.Select(Quartiles.Of).Select(quartiles => (Math.Log2(quartiles.Low / seconds), Math.Log2(quartiles.High / seconds)))]);
    }
}
