using Alignment.Evaluation;
using Alignment.Reports.Numbers;
using Alignment.Reports.Text;

namespace Alignment.Reports.Tables;

/// <summary>Expected best mean score of each method after k random trials of its grid: the paper's question.</summary>
internal static class BudgetTable
{
    private static readonly int[] s_shown = [1, 2, 3, 5, 10, 20, 50, 100];

    /// <summary>
    /// budget: the expected best after 1, 2, 3, 5, … settings with intervals, empty where a method has fewer; the CSV has every k up to the number of
    /// settings, per method.
    /// </summary>
    public static ReportTable Of(ReportData data)
    {
        int most = data.Finished.Select(method => data.Expected(method).Count).DefaultIfEmpty().Max();
        int[] shown = [.. s_shown.Concat(data.Comparisons.Trials).Where(trials => trials <= most).Distinct().Order()];
        return new ReportTable("budget", "Expected best mean score after k random trials",
            "k different settings of a method's grid, each at the mean of its seeds, unbiased for k fresh ones; brackets: 95 % over prompts.",
            new Table([new("method"), .. shown.Select(k => Column.Estimates(Heading(k), $"k{Digits.Fixed(k, 0)}"))],
                [.. data.Methods.Select(method => Row(data, method, shown))]))
        { Data = EveryTrial(data) };
    }

    /// <summary>Heading of the column for <paramref name="trials"/> settings.</summary>
    public static string Heading(int trials) => $"k = {Digits.Fixed(trials, 0)}";

    private static Table EveryTrial(ReportData data) => new(
        [
            new("method"), new("trials"), Column.Estimates("expected best", "expected_best"), new("outcome_10_percent"), new("outcome_90_percent"),
            new("expected_best_with_replacement"), new("wall_seconds"),
        ],
        [
            .. from method in data.Finished
               let expected = data.Expected(method)
               from k in Enumerable.Range(1, expected.Count)
               select (IReadOnlyList<Cell>)
               [
                   method.Method, Digits.Fixed(k, 0), expected[k - 1], data.Draws(method).Quantile(k, 0.1), data.Draws(method).Quantile(k, 0.9),
                   BestOfBudget.WithReplacement([.. MethodSettings.Of(method).Select(setting => setting.Score)], k), k * method.SecondsPerRun,
               ],
        ]);

    private static List<Cell> Row(ReportData data, MethodRuns method, int[] shown)
    {
        IReadOnlyList<Estimate> expected = method.Best is null ? [] : data.Expected(method);
        return [method.Method, .. shown.Select(k => k <= expected.Count ? (Cell)expected[k - 1] : Cell.Empty)];
    }
}
