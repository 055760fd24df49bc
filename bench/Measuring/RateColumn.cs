using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Alignment.Bench.Measuring;

/// <summary>Work per second, such as GB/s or tokens/s.</summary>
internal sealed class RateColumn(string name, string legend, double unit, Func<Work, double> amount) : WorkColumn(name, legend)
{
    public static RateColumn Gigabytes { get; } = new("GB/s", "Bytes that must move, over the mean time, in 10⁹", 1e9, work => work.Bytes);

    public static RateColumn Tokens { get; } = new("tokens/s", "Real tokens over the mean time", 1, work => work.Tokens);

    public static RateColumn Operations { get; } = new("GFLOP/s", "Operations of the matrix products over the mean time, in 10⁹", 1e9, work => work.Operations);

    protected override double? Value(Summary summary, BenchmarkCase benchmarkCase) =>
        Seconds(summary, benchmarkCase) is { } seconds && amount(WorkOf(benchmarkCase)) is > 0 and var done ? done / seconds / unit : null;
}
