using System.Globalization;
using Alignment.Evaluation;
using Alignment.Recipes;
using Alignment.Reports.Text;
using Alignment.Sweeps;

namespace Alignment.Reports.Tables;

/// <summary>Every run of a sweep: SFT grid first, then finished runs, then missing ones with the reason.</summary>
public static class RunTable
{
    /// <summary>runs.csv: hyperparameters, metrics with intervals, time and speed. Times are stored facts and differ between machines.</summary>
    public static Table Csv(StoredSweep sweep)
    {
        string[] parameters = ParameterNames(sweep);
        Column[] columns =
        [
            new("method"), new("run"), new("id"), new("status"), .. parameters.Select(name => new Column(name)),
            .. SampleMetrics.All.SelectMany(metric => new Column[] { new(metric.Name), new($"{metric.Name}_low"), new($"{metric.Name}_high") }),
            new("samples"), new("training_seconds"), new("evaluation_seconds"), new("tokens_per_second"), new("reason"),
        ];
        return new Table(columns,
        [
            .. Finished(sweep).Select(run => (IReadOnlyList<Cell>)
            [
                run.Point.Method, run.Point.Slug, run.Id, Status(sweep, run), .. Values(run.Point, parameters),
                .. SampleMetrics.All.SelectMany(metric => Cells(metric.OfRun(run.Summary))),
                run.Summary.Samples.ToString(CultureInfo.InvariantCulture),
                run.Facts.TrainingSeconds, run.Facts.EvaluationSeconds, run.Facts.TokensPerSecond, Cell.Empty,
            ]),
            .. sweep.Missing.Select(run => (IReadOnlyList<Cell>)
            [
                run.Point.Method, run.Point.Slug, Cell.Empty, MissingStatus(run), .. Values(run.Point, parameters),
                .. Enumerable.Repeat(Cell.Empty, SampleMetrics.All.Count * 3 + 4), Reason(run),
            ]),
        ]);
    }

    /// <summary>The finished runs for reading: one line a run, without intervals but for the score.</summary>
    public static ReportTable Readable(StoredSweep sweep)
    {
        string[] parameters = ParameterNames(sweep);
        Column[] columns =
        [
            new("run"), .. parameters.Select(name => new Column(name, IsNumeric: true)), new("score", IsNumeric: true),
            Number("length", 1), Number("KL", 2), Number("KL per token", 4), Number("win vs chosen", 3), Number("win vs SFT", 3),
            Number("train s", 1), Number("eval s", 1), Number("tokens/s", 0),
        ];
        return new ReportTable("runs", "All runs", "Times were measured when each run was made.", new Table(columns,
        [
            .. Finished(sweep).Select(run => (IReadOnlyList<Cell>)
            [
                run.Id == sweep.Sft?.Id ? $"{run.Point.Slug} (start of all)" : run.Point.Slug, .. Values(run.Point, parameters),
                Estimates.Text(run.Summary.MeanScore, 3),
                .. SampleMetrics.All.Skip(1).Select(metric => (Cell)metric.OfRun(run.Summary).Value),
                run.Facts.TrainingSeconds, run.Facts.EvaluationSeconds, run.Facts.TokensPerSecond,
            ]),
        ]));
    }

    /// <summary>Runs without a result, each with the reason.</summary>
    public static Table Missing(StoredSweep sweep) =>
        new([new("run"), new("status"), new("reason")],
            [.. sweep.Missing.Select(run => (IReadOnlyList<Cell>)[run.Point.Slug, MissingStatus(run), Reason(run)])]);

    /// <summary>runs.md.</summary>
    public static string Markdown(StoredSweep sweep)
    {
        string text = $"# Runs of sweep {sweep.Recipe}\n\n{Readable(sweep).Table.ToMarkdown()}";
        return sweep.Missing.Count == 0 ? text : $"{text}\n## Runs without a result\n\n{Missing(sweep).ToMarkdown()}";
    }

    private static Column Number(string name, int decimals) => new(name, decimals, IsNumeric: true);

    // the SFT start is listed even if a store kept it apart from its grid
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

    private static Cell[] Cells(Estimate estimate) => [estimate.Value, estimate.Low, estimate.High];

    private static string Status(StoredSweep sweep, StoredRun run) => run.Id == sweep.Sft?.Id ? "start" : "done";

    private static string MissingStatus(MissingRun run) => run.Error is null ? "not run" : "failed";

    private static string Reason(MissingRun run) => run.Error ?? "no result stored: it was not run, or was stopped before its end";
}
