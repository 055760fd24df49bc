using Alignment.Evaluation;
using Alignment.Reports.Numbers;
using Alignment.Reports.Text;

namespace Alignment.Reports.Tables;

/// <summary>Expected best mean score of each method after k random trials of its grid: the paper's question.</summary>
public static class BudgetTable
{
    private static readonly int[] s_shown = [1, 2, 3, 5, 10, 20, 50, 100];

    /// <summary>
    /// budget: the expected best after 1, 2, 3, 5, … trials with intervals, empty where a method has fewer finished runs; the CSV has every k up
    /// to the number of finished runs, per method.
    /// </summary>
    public static ReportTable Of(ReportData data)
    {
        int most = data.Methods.Select(method => method.Ranked.Count).DefaultIfEmpty().Max();
        int[] shown = [.. s_shown.Concat(data.Comparisons.Trials).Where(trials => trials <= most).Distinct().Order()];
        return new ReportTable("budget", "Expected best mean score after k random trials",
            "k distinct runs of a method's grid, unbiased for k fresh trials of it; brackets: 95 % over prompts.",
            new Table([new("method"), .. shown.Select(k => Column.Estimates(Heading(k), $"k{Digits.Fixed(k, 0)}"))],
                [.. data.Methods.Select(method => Row(data, method, shown))])) { Data = EveryTrial(data) };
    }

    /// <summary>Heading of the column for <paramref name="trials"/> runs.</summary>
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
                   BestOfBudget.WithReplacement(method.MeanScores, k), k * method.SecondsPerRun,
               ],
        ]);

    private static List<Cell> Row(ReportData data, MethodRuns method, int[] shown)
    {
        IReadOnlyList<Estimate> expected = method.Best is null ? [] : data.Expected(method);
        return [method.Method, .. shown.Select(k => k <= expected.Count ? (Cell)expected[k - 1] : Cell.Empty)];
    }
}

/// <summary>How many trials, and how much time, a method needs to reach what another is expected to reach.</summary>
public static class ReachTable
{
    /// <summary>reach: one row an ordered pair of methods, one column a budget of the other.</summary>
    public static ReportTable Of(ReportData data)
    {
        IReadOnlyList<int> budgets = data.Comparisons.Trials;
        return new ReportTable("reach", "Trials needed to reach the other method's expected best",
            "Runs of the first method whose expected best is at least that of k runs of the other, with their wall time; \"not in n\" where its whole "
            + "grid of n runs falls short.",
            new Table([new("methods"), .. budgets.Select(k => Column.Text($"its {BudgetTable.Heading(k)}", $"k{Digits.Fixed(k, 0)}"))],
            [
                .. from first in data.Finished
                   from second in data.Finished
                   where first != second
                   select (IReadOnlyList<Cell>)[$"{first.Method} to reach {second.Method}", .. budgets.Select(k => Needed(first, second, k))],
            ]));
    }

    private static Cell Needed(MethodRuns first, MethodRuns second, int budget)
    {
        double target = BestOfBudget.WithoutReplacement(second.MeanScores, budget);
        double[] scores = first.MeanScores;
        int needed = Enumerable.Range(1, scores.Length).FirstOrDefault(k => BestOfBudget.WithoutReplacement(scores, k) >= target - 1e-12);
        return needed == 0
            ? $"not in {Digits.Fixed(scores.Length, 0)}"
            : $"{Digits.Fixed(needed, 0)} ({Duration(needed * first.SecondsPerRun)})";
    }

    // as people say it
    private static string Duration(double seconds) => seconds switch
    {
        double.NaN => "time unknown",
        < 120 => $"{Digits.Fixed(seconds, 0)} s",
        < 7200 => $"{Digits.Fixed(seconds / 60, 0)} min",
        _ => $"{Digits.Fixed(seconds / 3600, 1)} h",
    };
}

/// <summary>Every pair of methods at every budget, with what noise could do to the lead.</summary>
public static class MethodsTable
{
    /// <summary>methods: the rows of <see cref="MethodComparisons"/>.</summary>
    public static ReportTable Of(ReportData data) => new("methods", "Is one method better than another?",
        "Lead: expected score of the first method's pick of k random runs minus the second's, on prompts that did not choose it; the interval is "
        + "corrected for the number of pairs. p over prompts: sign-flip test. p over runs: would shuffling the runs between the methods give as "
        + "large a lead? Corrected p: the larger of both after Holm's correction for all rows of this table. Chance ahead: how often the first's pick "
        + "scores higher, over random choices of runs and prompts.",
        new Table(
            [
                Column.Text("lead", "comparison"), Column.Estimates("expected lead", "lead", isChange: true), Column.Of("p over prompts", "p_prompts", 4),
                Column.Of("p over runs", "p_runs", 4), Column.Of("corrected p", "p_corrected", 4), Column.Of("chance ahead", "chance_ahead", 2),
                new("verdict"),
            ],
            [
                .. data.Comparisons.All.Select(pair => (IReadOnlyList<Cell>)
                [
                    pair.Key, pair.Lead, pair.PromptsP, pair.RunsP, pair.CorrectedP, pair.Chance,
                    pair.IsFound ? $"{pair.First.Method} is better" : "not told apart",
                ]),
            ]));
}
