using System.Globalization;
using Alignment.Evaluation;
using Alignment.Recipes;
using Alignment.Sweeps;

namespace Alignment.Reports.Tables;

/// <summary>Every run of a sweep: SFT grid first, then finished runs, then missing ones with the reason.</summary>
internal static class RunTable
{
    /// <summary>runs: a line a finished run, and below the runs without a result; the CSV has both. Times are stored facts and differ between machines.</summary>
    public static ReportTable Of(StoredSweep sweep)
    {
        string[] parameters = ParameterNames(sweep);
        return new ReportTable("runs", "All runs", $"Runs of sweep {sweep.Recipe}; a run's name is its folder. Times were measured when each run was made. "
            + $"{MetricColumn.Note(sweep)} Prompts cut, gold inputs cut: shares that lost their beginning to the limits of length.",
            Readable(sweep, parameters))
        {
            Data = Data(sweep, parameters),
            Further = sweep.Missing.Count == 0 ? [] : [Missing(sweep)],
            IsCited = false,
        };
    }

    // without intervals but for the score
    private static Table Readable(StoredSweep sweep, string[] parameters) => new(
        [
            new("run"), .. parameters.Select(name => new Column(name, IsNumeric: true)),
            .. MetricColumn.In(sweep, MetricColumn.OfRuns).Select(column => new Column(column.NameIn(sweep), column.Decimals, IsNumeric: true)),
            Column.Of("train s", "training_seconds", 1), Column.Of("eval s", "evaluation_seconds", 1), Column.Of("tokens/s", "tokens_per_second", 0),
        ],
        [
            .. Finished(sweep).Select(run => (IReadOnlyList<Cell>)
            [
                run.Id == sweep.Sft?.Id ? $"{run.Id} (start of all)" : run.Id, .. Values(run.Point, parameters),
                .. MetricColumn.In(sweep, MetricColumn.OfRuns).Select(column => Metric(sweep, run, column.Metric) is var cell && column.Metric == SampleMetrics.Score ? cell
                    : cell.Estimate?.Value ?? Cell.Empty),
                run.Facts.TrainingSeconds, run.Facts.EvaluationSeconds, run.Facts.TokensPerSecond,
            ]),
        ]);

    private static Table Data(StoredSweep sweep, string[] parameters) => new(
        [
            new("method"), new("run"), new("status"), .. parameters.Select(name => new Column(name)),
            .. SampleMetrics.All.Select(metric => Column.Estimates(metric.Name, metric.Name)),
            new("samples"), new("training_seconds"), new("evaluation_seconds"), new("tokens_per_second"), new("reason"),
        ],
        [
            .. Finished(sweep).Select(run => (IReadOnlyList<Cell>)
            [
                run.Point.Method, run.Id, run.Id == sweep.Sft?.Id ? "start" : "done", .. Values(run.Point, parameters),
                .. SampleMetrics.All.Select(metric => Metric(sweep, run, metric)), run.Summary.Samples.ToString(CultureInfo.InvariantCulture),
                run.Facts.TrainingSeconds, run.Facts.EvaluationSeconds, run.Facts.TokensPerSecond, Cell.Empty,
            ]),
            .. sweep.Missing.Select(run => (IReadOnlyList<Cell>)
            [
                run.Point.Method, run.Point.Slug, Status(run), .. Values(run.Point, parameters), .. SampleMetrics.All.Select(_ => Cell.Empty),
                Cell.Empty, Cell.Empty, Cell.Empty, Cell.Empty, Reason(run),
            ]),
        ]);

    // an SFT model was compared with itself, whichever of them all others started from
    private static Cell Metric(StoredSweep sweep, StoredRun run, SampleMetric metric) =>
        metric == SampleMetrics.WinVsSft && sweep.SftRuns.Append(sweep.Sft).Any(sft => sft?.Id == run.Id) ? Cell.Empty : metric.OfRun(run.Summary);

    private static ReportTable Missing(StoredSweep sweep) => new("missing", "Runs without a result", "What the recipe asks for and the store does not have.",
        new Table([new("run"), new("status"), new("reason")], [.. sweep.Missing.Select(run => (IReadOnlyList<Cell>)[run.Point.Slug, Status(run), Reason(run)])]))
    {
        IsCited = false,
    };

    /// <summary>The finished runs in the order of the rows; the SFT start is among them even if a store kept it apart from its grid.</summary>
    internal static IEnumerable<StoredRun> Finished(StoredSweep sweep) =>
        sweep.Sft is null || sweep.SftRuns.Any(run => run.Id == sweep.Sft.Id)
            ? sweep.SftRuns.Concat(sweep.Runs) : sweep.SftRuns.Prepend(sweep.Sft).Concat(sweep.Runs);

    private static string[] ParameterNames(StoredSweep sweep) =>
    [
        .. Finished(sweep).Select(run => run.Point).Concat(sweep.Missing.Select(run => run.Point))
            .OrderByDescending(point => point.Parameters.Count).SelectMany(point => point.Parameters).Select(parameter => parameter.Key).Distinct(),
    ];

    private static IEnumerable<Cell> Values(GridPoint point, string[] names) => names.Select(name =>
        point.Parameters.Where(parameter => parameter.Key == name).Select(parameter => (Cell)parameter.Value).FirstOrDefault());

    private static string Status(MissingRun run) => run.Error is null ? "not run" : "failed";

    private static string Reason(MissingRun run) => run.Error ?? "no result stored: it was not run, or was stopped before its end";
}
