using Alignment.Reports.Figures;
using Alignment.Reports.Text;

namespace Alignment.Bench.Tracking;

/// <summary>The history of every benchmark as a figure: median time with quartiles, one line a machine.</summary>
internal static class TrendFigures
{
    /// <summary>File name and SVG of each benchmark.</summary>
    public static IEnumerable<(string Name, string Svg)> Of(IReadOnlyList<HistoryEntry> history) =>
        history.GroupBy(entry => entry.Benchmark).Select(benchmark => (FileName(benchmark.Key), Figure(benchmark.Key, [.. benchmark])));

    private static string Figure(string benchmark, HistoryEntry[] entries) => new XyChart
    {
        Title = $"How long did {Short(benchmark)} take?",
        Subtitle = "Line: median of a run's iterations; band: quartiles; one colour a machine",
        Horizontal = "run, oldest first",
        Vertical = "time of one call (ms)",
        Series = [.. entries.Index().GroupBy(entry => entry.Item.Machine).Select((machine, position) => Series(machine.Key, position, [.. machine]))],
    }.ToSvg();

    private static XySeries Series(string machine, int position, (int Run, HistoryEntry Entry)[] entries) => new($"machine {machine[..Math.Min(8, machine.Length)]}", Palette.Of(position),
        [.. entries.Select(one => new XyPoint(one.Run + 1, one.Entry.Median / 1e6,
            $"{one.Entry.Revision}, {one.Entry.Time.UtcDateTime:yyyy-MM-dd}: {Digits.Fixed(one.Entry.Median / 1e6, 3)} ms"))],
        [.. entries.Select(one => (one.Entry.Low / 1e6, one.Entry.High / 1e6))]);

    // Alignment.Bench.LossBench.Dpo(Size: 8 pairs) → LossBench.Dpo(Size: 8 pairs)
    private static string Short(string benchmark) => benchmark.StartsWith("Alignment.Bench.", StringComparison.Ordinal) ? benchmark["Alignment.Bench.".Length..] : benchmark;

    private static string FileName(string benchmark) =>
        string.Concat(Short(benchmark).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' ? c : '_')).TrimEnd('_') + ".svg";
}
