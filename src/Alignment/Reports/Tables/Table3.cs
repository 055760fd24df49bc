using System.Text;
using Alignment.Evaluation;
using Alignment.Reports.Numbers;
using Alignment.Reports.Text;
using Alignment.Sweeps;

namespace Alignment.Reports.Tables;

/// <summary>The paper's Table 3: methods head to head, between their best runs and between their best-75 % runs.</summary>
public static class Table3
{
    /// <summary>table3.csv: one row per ordered pair of methods and level; shares of prompts with 95 % paired intervals.</summary>
    public static Table Csv(ReportData data)
    {
        Column[] columns =
        [
            new("level"), new("method"), new("run"), new("against"), new("against_run"),
            new("win_share"), new("win_share_low"), new("win_share_high"), new("tie_share"), new("loss_share"),
            new("score_difference"), new("score_difference_low"), new("score_difference_high"),
        ];
        return new Table(columns, [.. Levels(data).SelectMany(level => CsvRows(data, level))]);
    }

    /// <summary>A square of strict win shares: row beats column; empty where a method has no finished run.</summary>
    public static ReportTable Square(ReportData data, Level level)
    {
        IReadOnlyList<Cell>[] rows = [.. level.Runs.Select(row => SquareRow(data, level, row))];
        return new ReportTable($"table3-{level.Name.Replace('_', '-')}", level.Title,
            "Share of prompts on which the row's response scores strictly higher than the column's.",
            new Table([new("row beats column"), .. level.Runs.Select(run => new Column(run.Method, IsNumeric: true))], rows));
    }

    /// <summary>table3.md.</summary>
    public static string Markdown(ReportData data)
    {
        var text = new StringBuilder("# Table 3: head to head\n\n");
        text.Append("Share of prompts on which the row's response scores strictly higher than the column's; 95 % intervals in brackets.\n");
        foreach (Level level in Levels(data))
            text.Append("\n## ").Append(level.Title).Append("\n\n").Append(Square(data, level).Table.ToMarkdown());
        return text.ToString();
    }

    /// <summary>Best runs, then best-75 % runs.</summary>
    public static IReadOnlyList<Level> Levels(ReportData data) =>
    [
        new("best", "Best runs", [.. data.Methods.Select(method => (method.Method, method.Best))]),
        new("best_75_percent", "Best-75 % runs (each stands above 75 % of its method's other runs)",
            [.. data.Methods.Select(method => (method.Method, method.BestOfThreeQuarters))]),
    ];

    private static List<Cell> SquareRow(ReportData data, Level level, (string Method, StoredRun? Run) row) =>
    [
        row.Method,
        .. level.Runs.Select(column => row.Run is null || column.Run is null || row.Method == column.Method
            ? Cell.Empty
            : Estimates.Text(Compare(data, row.Run, column.Run).FirstWins, 3)),
    ];

    private static IEnumerable<IReadOnlyList<Cell>> CsvRows(ReportData data, Level level) =>
        from first in level.Runs
        from second in level.Runs
        where first.Method != second.Method && first.Run is not null && second.Run is not null
        let result = Compare(data, first.Run!, second.Run!)
        select (IReadOnlyList<Cell>)
        [
            level.Name, first.Method, first.Run!.Point.Slug, second.Method, second.Run!.Point.Slug,
            result.FirstWins.Value, result.FirstWins.Low, result.FirstWins.High, result.Ties.Value, result.SecondWins.Value,
            result.ScoreDifference.Value, result.ScoreDifference.Low, result.ScoreDifference.High,
        ];

    private static HeadToHead Compare(ReportData data, StoredRun first, StoredRun second) =>
        HeadToHead.Of(data.Columns(first).Score, data.Columns(second).Score, data.Bootstrap);

    /// <summary>Which run stands for each method.</summary>
    /// <param name="Name">In the CSV.</param>
    /// <param name="Title">As a heading.</param>
    /// <param name="Runs">Each method with its run, or null where none has finished.</param>
    public sealed record Level(string Name, string Title, IReadOnlyList<(string Method, StoredRun? Run)> Runs);
}
