using System.Reflection;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Alignment.Bench.Measuring;

/// <summary>The rate as per cent of its limit's (<see cref="LimitAttribute"/>), both measured in this run.</summary>
internal sealed class LimitColumn() : WorkColumn("% of limit", "Share of the rate that the same machine reached with the same work alone (see README)")
{
    protected override double? Value(Summary summary, BenchmarkCase benchmarkCase)
    {
        string? name = benchmarkCase.Descriptor.WorkloadMethod.GetCustomAttribute<LimitAttribute>()?.Method;
        BenchmarkCase? limit = summary.BenchmarksCases.FirstOrDefault(other => other.Descriptor.WorkloadMethod.Name == name
            && other.Descriptor.Type == benchmarkCase.Descriptor.Type && other.Parameters.ValueInfo == benchmarkCase.Parameters.ValueInfo);
        if (limit is null || Seconds(summary, benchmarkCase) is not { } seconds || Seconds(summary, limit) is not { } limitSeconds)
            return null;
        (Work work, Work limitWork) = (WorkOf(benchmarkCase), WorkOf(limit));
        return 100 * (work.Bytes > 0 ? work.Bytes / limitWork.Bytes : work.Operations / limitWork.Operations) * limitSeconds / seconds;
    }
}
