using Alignment.Evaluation;
using Alignment.Reports.Numbers;
using Alignment.Reports.Text;

namespace Alignment.Reports.Tables;

/// <summary>How many trials, and how much time, a method needs to reach what another is expected to reach.</summary>
internal static class ReachTable
{
    /// <summary>reach: one row an ordered pair of methods, one column a budget of the other.</summary>
    public static ReportTable Of(ReportData data)
    {
        IReadOnlyList<int> budgets = data.Comparisons.Trials;
        return new ReportTable("reach", "Trials needed to reach the other method's expected best",
            "Settings of the first method whose expected best is at least that of k settings of the other, with the wall time of a run of each; \"not in n\" where its whole "
            + "grid of n settings falls short.",
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
        double target = BestOfBudget.WithoutReplacement(Scores(second), budget);
        double[] scores = Scores(first);
        int needed = Enumerable.Range(1, scores.Length).FirstOrDefault(k => BestOfBudget.WithoutReplacement(scores, k) >= target - 1e-12);
        return needed == 0
            ? $"not in {Digits.Fixed(scores.Length, 0)}"
            : $"{Digits.Fixed(needed, 0)} ({StartTable.Duration(needed * first.SecondsPerRun)})";
    }

    private static double[] Scores(MethodRuns method) => [.. MethodSettings.Of(method).Select(setting => setting.Score)];
}
