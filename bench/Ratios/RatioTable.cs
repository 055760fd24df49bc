using Alignment.Bench.Measuring;
using Alignment.Reports.Tables;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Running;

namespace Alignment.Bench.Ratios;

/// <summary>
/// The methods of a category by turns, in one process: a busy neighbour hits all of them, so the ratios hold where the times do not. Every figure
/// is the median over the rounds, with the quartiles.
/// </summary>
internal static class RatioTable
{
    private static readonly Column[] s_columns =
    [
        new("Benchmark"), Column.Of("ms", "ms"), new("time / baseline"), Column.Of("tokens/s", "tokens_per_second", 0), Column.Of("GB/s", "gigabytes_per_second", 1),
        Column.Of("GFLOP/s", "gigaflops", 0), new("% of limit"), Column.Of("peak MB", "peak_megabytes", 1),
    ];

    /// <summary>Runs what the filters (BenchmarkDotNet's globs) match and gives a Markdown table.</summary>
    /// <param name="filters">Such as *TrainStep*.</param>
    /// <param name="rounds">Measurements of each method.</param>
    public static string Measure(IReadOnlyList<string> filters, int rounds)
    {
        var filter = new GlobFilter([.. filters]);
        BenchmarkCase[] cases = [.. BenchRun.Cases().Where(filter.Predicate)];
        List<IReadOnlyList<Cell>> rows = [];
        foreach (IGrouping<string, BenchmarkCase> group in cases.GroupBy(Group))
            rows.AddRange(Rows(group.Key, [.. group], rounds));
        return new Table(s_columns, rows).ToMarkdown();
    }

    // what shares a baseline
    private static string Group(BenchmarkCase one) => $"{one.Descriptor.Type.Name} {string.Join(' ', one.Descriptor.Categories)} {one.Parameters.PrintInfo}";

    private static IEnumerable<IReadOnlyList<Cell>> Rows(string group, BenchmarkCase[] cases, int rounds)
    {
        Console.Error.WriteLine(group);
        BenchmarkInstance[] all = [.. cases.Select(one => new BenchmarkInstance(one))];
        foreach (BenchmarkInstance one in all)
            one.Prepare();
        double[][] seconds = Turns.Measure(rounds, [.. all.Select(one => (Func<double>)one.Seconds)]);
        double[] peaks = [.. all.Select(one => (PeakMemory.Extra(() => one.Seconds()) ?? double.NaN) / 1e6)];
        foreach (BenchmarkInstance one in all)
            one.Dispose();

        double[] baseline = seconds[Math.Max(0, Array.FindIndex(cases, one => one.Descriptor.Baseline))];
        for (int i = 0; i < all.Length; i++)
        {
            Work work = WorkColumn.WorkOf(cases[i]);
            int limit = Array.FindIndex(all, other => other.Name == LimitColumn.LimitOf(cases[i]));
            double median = Quartiles.Of(seconds[i]).Median;
            yield return
            [
                $"{group} {all[i].Name}", 1000 * median, Quartiles.OfRatios(seconds[i], baseline).ToString(),
                Rate(work.Tokens, median), Rate(work.Bytes / 1e9, median), Rate(work.Operations / 1e9, median),
                limit < 0 ? "" : (Quartiles.OfRatios(seconds[limit], seconds[i]) * (100 * LimitColumn.Share(work, WorkColumn.WorkOf(cases[limit])))).ToString(),
                peaks[i],
            ];
        }
    }

    private static double Rate(double amount, double seconds) => amount > 0 ? amount / seconds : double.NaN;
}
