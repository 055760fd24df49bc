using Alignment.Reports.Tables;

namespace Alignment.Bench.Tracking;

/// <summary>A comparison as Markdown.</summary>
internal static class ComparisonTable
{
    private static readonly Column[] s_columns =
    [
        new("Benchmark"), Column.Of("before, ms", "before_ms"), Column.Of("after, ms", "after_ms"), Column.Of("ratio", "ratio", 2), Column.Of("noise, %", "noise_percent", 1),
        new("time"), Column.Of("allocated, KB", "allocated_kb", 1), Column.Of("change, KB", "allocated_change_kb", 1, isChange: true),
        Column.Of("peak, MB", "peak_mb", 1), Column.Of("change, MB", "peak_change_mb", 1, isChange: true), new("verdict"),
    ];

    /// <summary>A row a benchmark: regressions first, then what is slower as accepted.</summary>
    public static Table Of(IReadOnlyList<ComparedBenchmark> benchmarks) =>
        new(s_columns, [.. benchmarks.OrderByDescending(one => one.Regressed).ThenByDescending(one => one.SlowerAsAccepted).ThenBy(one => one.Id, StringComparer.Ordinal).Select(Row)]);

    private static IReadOnlyList<Cell> Row(ComparedBenchmark one) =>
    [
        one.Id, one.Nanoseconds.Before / 1e6, one.Nanoseconds.After / 1e6, one.Time.Ratio, 100 * one.Time.NoiseFloor, TimeText(one),
        one.Allocated is { } allocated ? allocated.After / 1e3 : Cell.Empty, one.Allocated is { } change ? (change.After - change.Before) / 1e3 : Cell.Empty,
        one.Peak is { } peak ? peak.After / 1e6 : Cell.Empty, one.Peak is { } moved ? (moved.After - moved.Before) / 1e6 : Cell.Empty,
        Verdict(one),
    ];

    private static string TimeText(ComparedBenchmark one) => (one.Time.Change, one.Repeat?.Time.Change) switch
    {
        (TimeChange.Slower, TimeChange.Slower) => "slower, twice",
        (TimeChange.Slower, null) => "slower",
        (TimeChange.Slower, _) => "slower, but not again",
        (TimeChange.Faster, _) => "faster",
        _ => "same",
    };

    private static string Verdict(ComparedBenchmark one)
    {
        string[] faults = [.. new[] { one.AllocatesMore ? "allocates more" : null, one.HoldsMore ? "holds more memory" : null, one.Slower ? SlowerText(one) : null }.OfType<string>()];
        return faults.Length == 0 ? "ok" : string.Join(" and ", faults);
    }

    private static string SlowerText(ComparedBenchmark one) => one.Accepted is not { } accepted ? "slower"
        : one.SlowerAsAccepted ? $"slower, accepted: {accepted.Reason}"
        : FormattableString.Invariant($"slower, by more than the accepted {accepted.Ratio}");
}
