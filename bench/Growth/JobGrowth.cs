using Alignment.Bench.Inputs;
using Alignment.Bench.Jobs;
using Alignment.Recipes;
using Alignment.Reports;
using Alignment.Sweeps;

namespace Alignment.Bench.Growth;

/// <summary>A whole sweep at growing numbers of runs and test prompts, and a report at growing numbers of stored samples.</summary>
internal static class JobGrowth
{
    private const int Pairs = 64, Prompts = 32, StoredRuns = 12;

    /// <summary>The three series.</summary>
    public static IReadOnlyList<GrowthSeries> All { get; } =
    [
        new("sweep over runs", "preference runs", "", [.. new[] { 1, 2, 4, 8 }.Select(runs => Sweep(2 * runs, new("growth", Pairs, Prompts, runs)))]),
        new("sweep over prompts", "test prompts", "", [.. new[] { 32, 64, 128, 256 }.Select(prompts => Sweep(prompts, new("growth", Pairs, prompts, 1)))]),
        new("report over samples", "samples", "", [.. new[] { 50, 100, 200, 400, 800 }.Select(prompts => Report(StoredRuns * prompts, prompts))]),
    ];

    private static GrowthPoint Sweep(double size, JobSize job) => new(size, () =>
    {
        Recipe recipe = job.Recipe();
        return (() => JobBench.InFolder(folder => new SweepJob(recipe, JobBench.Options(null)).Run(folder)), new Nothing());
    });

    private static GrowthPoint Report(double size, int prompts) => new(size, () =>
    {
        var store = new SampleStore(StoredRuns, prompts);
        StoredSweep sweep = store.Sweep;
        return (() => ReportWriter.Write(sweep), store);
    });

    private sealed class Nothing : IDisposable
    {
        public void Dispose()
        {
        }
    }
}
