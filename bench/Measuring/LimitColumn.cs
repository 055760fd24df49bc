using System.Reflection;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Alignment.Bench.Measuring;

/// <summary>The rate as per cent of its limit's (<see cref="LimitAttribute"/>), both measured in this run.</summary>
internal sealed class LimitColumn() : WorkColumn("% of limit", "Share of the rate that the same machine reached with the same work alone (see README)")
{
    /// <summary>The method that is a benchmark's limit, or null.</summary>
    public static string? LimitOf(BenchmarkCase benchmarkCase) => benchmarkCase.Descriptor.WorkloadMethod.GetCustomAttribute<LimitAttribute>()?.Method;

    /// <summary>How much of the limit's work a benchmark does.</summary>
    public static double Share(Work work, Work limit) => work.Bytes > 0 ? work.Bytes / limit.Bytes : work.Operations / limit.Operations;

    protected override double? Value(Summary summary, BenchmarkCase benchmarkCase)
    {
        BenchmarkCase? limit = summary.BenchmarksCases.FirstOrDefault(other => other.Descriptor.WorkloadMethod.Name == LimitOf(benchmarkCase)
            && other.Descriptor.Type == benchmarkCase.Descriptor.Type && other.Parameters.ValueInfo == benchmarkCase.Parameters.ValueInfo);
        return limit is not null && Seconds(summary, benchmarkCase) is { } seconds && Seconds(summary, limit) is { } limitSeconds
            ? 100 * Share(WorkOf(benchmarkCase), WorkOf(limit)) * limitSeconds / seconds : null;
    }
}
