using System.Text;
using Alignment.Evaluation;
using Alignment.Reports.Numbers;
using Alignment.Reports.Text;
using Alignment.Sweeps;

namespace Alignment.Reports.Tables;

/// <summary>The paper's Table 1: the best run of each method by mean score, with the SFT run that all of them started from.</summary>
public static class Table1
{
    private static readonly string[] s_headings = ["score", "length, {0}", "KL, nats", "KL per token, nats", "win vs chosen", "win vs SFT"];
    private static readonly int[] s_decimals = [3, 1, 2, 4, 3, 3];

    /// <summary>table1.csv: absolute values with their 95 % intervals; a method without a finished run has a row with empty cells.</summary>
    public static Table Csv(ReportData data)
    {
        Column[] columns = [new("method"), new("run"), .. SampleMetrics.All.SelectMany(metric => WithInterval(metric.Name))];
        IReadOnlyList<Cell>[] rows =
        [
            .. data.Sweep.Sft is { } sft ? [CsvRow("SFT", sft)] : Array.Empty<List<Cell>>(),
            .. data.Methods.Select(method => CsvRow(method.Method, method.Best)),
        ];
        return new Table(columns, rows);
    }

    /// <summary>Absolute values, each with its interval in brackets.</summary>
    public static ReportTable Absolute(ReportData data) => new("table1", "Best run of each method", "Brackets: 95 % over prompts.", Readable(data,
    [
        .. data.Sweep.Sft is { } sft
            ? [Row("SFT", sft, (metric, run, i) => metric.Name == "win_vs_sft" ? Cell.Empty : Text(metric.OfRun(run.Summary), i))]
            : Array.Empty<List<Cell>>(),
        .. data.Methods.Select(method => Row(method.Method, method.Best, (metric, run, i) => Text(metric.OfRun(run.Summary), i))),
    ]));

    /// <summary>As in the paper: the first method (DPO) absolute, the others as change, with the interval of the paired difference.</summary>
    public static ReportTable Change(ReportData data)
    {
        StoredRun? baseline = data.Methods.Count > 0 ? data.Methods[0].Best : null;
        return new ReportTable("table1-change", "Best run of each method as change", ChangeCaption(data), Readable(data,
        [
            .. data.Methods.Select((method, position) => position == 0 || baseline is null
                ? Row(method.Method, method.Best, (metric, run, i) => Text(metric.OfRun(run.Summary), i))
                : Row(method.Method, method.Best, (metric, run, i) => ChangeText(data.Difference(metric, run, baseline), i))),
        ]));
    }

    /// <summary>table1.md: both tables with a sentence that says what is compared.</summary>
    public static string Markdown(ReportData data)
    {
        var text = new StringBuilder("# Table 1: best run of each method by mean score\n\n");
        text.Append("Absolute values, 95 % intervals in brackets (paired bootstrap over prompts).\n\n").Append(Absolute(data).Table.ToMarkdown());
        if (HasChange(data))
            text.Append('\n').Append(ChangeCaption(data)).Append("\n\n").Append(Change(data).Table.ToMarkdown());
        return text.ToString();
    }

    /// <summary>There are two best runs to compare.</summary>
    public static bool HasChange(ReportData data) => data.Finished.Count > 1 && data.Methods[0].Best is not null;

    /// <summary>What the rows of <see cref="Change"/> are compared with.</summary>
    public static string ChangeCaption(ReportData data) =>
        $"{data.Methods[0].Method} absolute, the others as change against it; an interval that includes 0 shows no difference.";

    private static IEnumerable<Column> WithInterval(string name) => [new(name), new($"{name}_low"), new($"{name}_high")];

    private static List<Cell> CsvRow(string method, StoredRun? run)
    {
        List<Cell> row = [method, run is null ? Cell.Empty : run.Point.Slug];
        foreach (SampleMetric metric in SampleMetrics.All)
            row.AddRange(run is null ? [Cell.Empty, Cell.Empty, Cell.Empty] : Cells(metric.OfRun(run.Summary)));
        return row;
    }

    private static Cell[] Cells(Estimate estimate) => [estimate.Value, estimate.Low, estimate.High];

    private static Table Readable(ReportData data, IReadOnlyList<IReadOnlyList<Cell>> rows) => new(
        [new("method"), new("run"), .. s_headings.Select(heading => new Column(heading.Replace("{0}", data.Sweep.LengthUnit, StringComparison.Ordinal), IsNumeric: true))],
        rows);

    private static List<Cell> Row(string method, StoredRun? run, Func<SampleMetric, StoredRun, int, Cell> cell) =>
    [
        method,
        run is null ? "no finished run" : run.Point.Slug,
        .. SampleMetrics.All.Select((metric, i) => run is null ? Cell.Empty : cell(metric, run, i)),
    ];

    private static string Text(Estimate estimate, int metric) => Estimates.Text(estimate, s_decimals[metric]);

    private static string ChangeText(Estimate estimate, int metric) => Estimates.Change(estimate, s_decimals[metric]);
}
