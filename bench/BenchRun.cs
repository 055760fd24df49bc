using Alignment.Bench.Tracking;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Alignment.Bench;

/// <summary>Runs benchmarks and keeps what they measured: BenchmarkDotNet's files, action-benchmark.json, history.jsonl and trend/.</summary>
internal static class BenchRun
{
    /// <summary>A run for a comparison: nothing but BenchmarkDotNet's files.</summary>
    public static int Tracked(string[] arguments, string repository) => Run(arguments, BenchConfig.Tracked(BenchArtifacts.Folder(repository)), _ => { });

    /// <summary>A run that becomes part of the history.</summary>
    public static int All(string[] arguments, string repository) => Run(arguments, BenchConfig.All(BenchArtifacts.Folder(repository)), results => BenchArtifacts.Publish(results, repository));

    /// <summary>Every benchmark there is.</summary>
    public static IEnumerable<BenchmarkCase> Cases() => typeof(BenchRun).Assembly.GetTypes().Where(type => type.Name.EndsWith("Bench", StringComparison.Ordinal))
        .SelectMany(type => BenchmarkConverter.TypeToBenchmarks(type).BenchmarksCases);

    /// <summary>The ids of those that a comparison of revisions measures.</summary>
    public static IReadOnlyList<string> TrackedIds() => [.. Cases().Where(BenchConfig.IsTracked).Select(FullNameProvider.GetBenchmarkName)];

    private static int Run(string[] arguments, BenchmarkDotNet.Configs.IConfig config, Action<IReadOnlyList<BenchmarkResult>> publish)
    {
        Summary[] summaries = [.. BenchmarkSwitcher.FromAssembly(typeof(BenchRun).Assembly).Run(arguments, config)];
        if (summaries.Any(summary => summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success)))
            return 1;
        foreach (Summary summary in summaries)
            publish(ResultFile.Newest(Path.GetDirectoryName(summary.ResultsDirectoryPath)!));
        return 0;
    }
}
