using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Alignment.Bench.Measuring;

/// <summary>A column computed from the time and the <see cref="Work"/> of a benchmark.</summary>
internal abstract class WorkColumn(string name, string legend) : IColumn
{
    public string Id => name;

    public string ColumnName => name;

    public string Legend => legend;

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Metric;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) => Value(summary, benchmarkCase) is { } value
        ? value.ToString(value < 1000 ? "0.##" : "#,0", CultureInfo.InvariantCulture) : "-";

    protected abstract double? Value(Summary summary, BenchmarkCase benchmarkCase);

    protected static double? Seconds(Summary summary, BenchmarkCase benchmarkCase) => summary[benchmarkCase]?.ResultStatistics?.Mean * 1e-9;

    /// <summary>The work of one call.</summary>
    public static Work WorkOf(BenchmarkCase benchmarkCase) =>
        benchmarkCase.Parameters.Items.Select(item => item.Value).OfType<IBenchmarkSize>().FirstOrDefault()?
            .Of(benchmarkCase.Descriptor.WorkloadMethod.Name) ?? default;
}
