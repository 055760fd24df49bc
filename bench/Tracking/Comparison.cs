using Alignment.Evaluation;

namespace Alignment.Bench.Tracking;

/// <summary>Two versions' results, round by round, and what they say.</summary>
internal static class Comparison
{
    /// <summary>Compares the benchmarks that every round of both versions has.</summary>
    /// <param name="before">[rounds][benchmarks] of the old version.</param>
    /// <param name="after">The same of the new one.</param>
    /// <param name="settings">When a difference counts.</param>
    public static IReadOnlyList<ComparedBenchmark> Of(
        IReadOnlyList<IReadOnlyList<BenchmarkResult>> before, IReadOnlyList<IReadOnlyList<BenchmarkResult>> after, JudgeSettings settings) =>
        [.. after.Count == 0 ? [] : after[0].Select(result => result.Id).Where(id => Everywhere(before, id) && Everywhere(after, id))
            .Select(id => One(id, Rounds(before, id), Rounds(after, id), settings))];

    /// <summary>The same benchmarks with a second measurement.</summary>
    public static IReadOnlyList<ComparedBenchmark> WithRepeat(IReadOnlyList<ComparedBenchmark> first, IReadOnlyList<ComparedBenchmark> repeat) =>
        [.. first.Select(one => repeat.FirstOrDefault(other => other.Id == one.Id) is { } second ? one with { Repeat = second } : one)];

    /// <summary>The same benchmarks, each with the most generous entry of accepted.json that speaks of it.</summary>
    public static IReadOnlyList<ComparedBenchmark> WithAccepted(IReadOnlyList<ComparedBenchmark> compared, IReadOnlyList<AcceptedSlowdown> accepted) =>
        [.. compared.Select(one => one with { Accepted = accepted.Where(entry => entry.Matches(one.Id)).MaxBy(entry => entry.Ratio) })];

    /// <summary>Ids that only one version has, sorted.</summary>
    public static IReadOnlyList<string> Unmatched(IReadOnlyList<BenchmarkResult> before, IReadOnlyList<BenchmarkResult> after) =>
        [.. before.Select(result => result.Id).Except(after.Select(result => result.Id))
            .Concat(after.Select(result => result.Id).Except(before.Select(result => result.Id))).Order(StringComparer.Ordinal)];

    private static ComparedBenchmark One(string id, BenchmarkResult[] before, BenchmarkResult[] after, JudgeSettings settings)
    {
        IReadOnlyList<double>[] timesBefore = [.. before.Select(round => round.Nanoseconds)], timesAfter = [.. after.Select(round => round.Nanoseconds)];
        (double Before, double After) nanoseconds = (Median(timesBefore), Median(timesAfter));
        double slack = settings.AllocatedSlack + settings.AllocatedPerSecond * nanoseconds.Before / 1e9;
        (double, double)? allocated = Least(before, after, round => round.AllocatedBytes), peak = Least(before, after, round => round.PeakBytes);
        return new()
        {
            Id = id,
            Time = TimeJudge.Judge(timesBefore, timesAfter, settings),
            Nanoseconds = nanoseconds,
            Allocated = allocated,
            Peak = peak,
            AllocatedMore = Grew(allocated, settings.AllocatedShare, Math.Max(slack, Spread(before, after, round => round.AllocatedBytes))),
            HeldMore = Grew(peak, settings.PeakShare, Math.Max(settings.PeakSlack, Spread(before, after, round => round.PeakBytes))),
        };
    }

    private static bool Grew((double Before, double After)? bytes, double share, double slack) =>
        bytes is { } both && both.After > Math.Max(0, both.Before) * (1 + share) + slack;

    private static (double, double)? Least(BenchmarkResult[] before, BenchmarkResult[] after, Func<BenchmarkResult, double?> bytes) =>
        before.Min(bytes) is { } least && after.Min(bytes) is { } leastAfter ? (least, leastAfter) : null;

    // by how much a version differs from itself: half of its rounds lie further from the least
    private static double Spread(BenchmarkResult[] before, BenchmarkResult[] after, Func<BenchmarkResult, double?> bytes) =>
        new[] { before, after }.Max(rounds => Percentile.Of([.. rounds.Select(round => bytes(round) ?? 0).Order()], 50) - (rounds.Min(bytes) ?? 0));

    private static double Median(IEnumerable<IReadOnlyList<double>> rounds) => Percentile.Of([.. rounds.SelectMany(round => round).Order()], 50);

    private static bool Everywhere(IReadOnlyList<IReadOnlyList<BenchmarkResult>> rounds, string id) => rounds.All(round => round.Any(result => result.Id == id));

    private static BenchmarkResult[] Rounds(IReadOnlyList<IReadOnlyList<BenchmarkResult>> rounds, string id) => [.. rounds.Select(round => round.First(result => result.Id == id))];
}
