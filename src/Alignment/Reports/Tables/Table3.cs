using Alignment.Evaluation;
using Alignment.Reports.Numbers;
using Alignment.Sweeps;

namespace Alignment.Reports.Tables;

/// <summary>The paper's Table 3: methods head to head, between their best runs and between their best-75 % runs.</summary>
internal static class Table3
{
    /// <summary>
    /// table3: a square of strict win shares for each level, empty where a method has no finished run; its CSV has a row per ordered pair of
    /// methods and level.
    /// </summary>
    public static ReportTable Of(ReportData data)
    {
        Level best = new("best", [.. data.Methods.Select(method => (method.Method, method.Best))]);
        Level threeQuarters = new("best_75_percent", [.. data.Methods.Select(method => (method.Method, method.BestOfThreeQuarters))]);
        return new ReportTable("table3", "Head to head",
            "The paper's Table 3, best runs: share of prompts on which the row's response scores strictly higher than the column's; brackets: 95 % over prompts.",
            Square(data, best))
        {
            Data = Pairs(data, [best, threeQuarters]),
            Further =
            [
                new("table3-75-percent", "Head to head of best-75 % runs", "As above between the runs that stand above 75 % of their method's other runs.", Square(data, threeQuarters)),
            ],
        };
    }

    private static Table Square(ReportData data, Level level) => new(
        [new("row beats column"), new("run"), .. level.Runs.Select(column => Column.Estimates(column.Method, column.Method))],
        [
            .. level.Runs.Select(row => (IReadOnlyList<Cell>)
            [
                row.Method, row.Run is null ? Cell.Empty : row.Run.Id,
                .. level.Runs.Select(column => row.Run is null || column.Run is null || row.Method == column.Method ? Cell.Empty : Compare(data, row.Run, column.Run).FirstWins),
            ]),
        ]);

    private static Table Pairs(ReportData data, IReadOnlyList<Level> levels) => new(
        [
            new("level"), new("method"), new("run"), new("against"), new("against_run"), Column.Estimates("wins", "win_share"), new("tie_share"), new("loss_share"),
            Column.Estimates("score difference", "score_difference", isChange: true),
        ],
        [
            .. from level in levels
               from first in level.Runs
               from second in level.Runs
               where first.Method != second.Method && first.Run is not null && second.Run is not null
               let result = Compare(data, first.Run!, second.Run!)
               select (IReadOnlyList<Cell>)
               [
                   level.Name, first.Method, first.Run!.Id, second.Method, second.Run!.Id, result.FirstWins, result.Ties.Value, result.SecondWins.Value,
                   result.ScoreDifference,
               ],
        ]);

    private static HeadToHead Compare(ReportData data, StoredRun first, StoredRun second) => HeadToHead.Of(data.Columns(first), data.Columns(second), data.Bootstrap);

    /// <summary>Which run stands for each method.</summary>
    private sealed record Level(string Name, IReadOnlyList<(string Method, StoredRun? Run)> Runs);
}
