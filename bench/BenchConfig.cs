using Alignment.Bench.Measuring;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters.Json;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace Alignment.Bench;

/// <summary>How every benchmark is run and reported. In this process: libtorch is loaded once, and peak memory is this process's.</summary>
internal static class BenchConfig
{
    private static readonly TimeSpan s_longest = TimeSpan.FromHours(1);

    /// <summary>Everything, baselines included.</summary>
    public static IConfig All(string artifacts) => ManualConfig.Create(DefaultConfig.Instance)
        .WithArtifactsPath(artifacts)
        .WithOptions(ConfigOptions.JoinSummary)
        .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(40))
        .AddJob(Job.Default.WithToolchain(new InProcessEmitToolchain(s_longest, logOutput: true))
            .WithWarmupCount(2).WithIterationCount(15).WithIterationTime(TimeInterval.FromMilliseconds(150)).AsDefault())
        .AddLogicalGroupRules(BenchmarkLogicalGroupRule.ByCategory)
        .AddColumn(CategoriesColumn.Default, RateColumn.Gigabytes, RateColumn.Tokens, RateColumn.Operations, new LimitColumn())
        .AddDiagnoser(new MemoryDiagnoser(new MemoryDiagnoserConfig(displayGenColumns: false)), new PeakMemoryDiagnoser())
        .AddExporter(JsonExporter.Full);

    /// <summary>The library's benchmarks alone: a comparison of two revisions has no use for baselines and limits.</summary>
    public static IConfig Tracked(string artifacts) => ManualConfig.Create(All(artifacts))
        .AddFilter(new SimpleFilter(IsTracked));

    /// <summary>The benchmark is the library's own work.</summary>
    public static bool IsTracked(BenchmarkCase one) => !one.Descriptor.Baseline && !one.Descriptor.WorkloadMethod.IsDefined(typeof(UntrackedAttribute), false);
}
