using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Reports.Text;

namespace Alignment.Reports.Advice;

/// <summary>What to use with a budget.</summary>
/// <param name="Trials">Runs.</param>
/// <param name="Budget">The budget in words.</param>
/// <param name="Use">The method, or those that cannot be told apart.</param>
/// <param name="Because">Why.</param>
internal sealed record BudgetAdvice(int Trials, string Budget, IReadOnlyList<string> Use, Finding Because)
{
    /// <summary>One method is ahead of every other beyond the noise.</summary>
    public bool HasWinner => Use.Count == 1;
}

/// <summary>Which method to use with 1, 5 and 20 runs, from the budget curve and the tests between methods.</summary>
internal static class BudgetChoice
{
    // of the table methods
    private static readonly string[] s_columns = ["expected lead", "p over prompts", "p over runs", "corrected p", "chance ahead"];

    public static IReadOnlyList<BudgetAdvice> Of(ReportData data) => data.Finished.Count < 2 ? [] : [.. data.Comparisons.Trials.Select(trials => At(data, trials))];

    private static BudgetAdvice At(ReportData data, int trials)
    {
        MethodComparison[] pairs = [.. data.Comparisons.All.Where(pair => pair.Trials == trials)];
        MethodRuns leader = pairs[0].First;
        MethodComparison[] open = [.. pairs.Where(pair => pair.First == leader && !pair.IsFound)];
        MethodComparison[] found = [.. pairs.Where(pair => pair.First == leader && pair.IsFound)];
        string[] use = [leader.Method, .. open.Select(pair => pair.Second.Method)];

        string expected = Words.And(data.Finished.OrderByDescending(method => data.Expected(method)[trials - 1].Value)
            .Select(method => $"{method.Method} {Estimates.Text(data.Expected(method)[trials - 1], 3)}"));
        string text = $"Expected best score: {expected}.";
        if (found.Length > 0)
            text += $" {leader.Method} leads on prompts that did not choose the run: over {Words.And(found.Select(Describe))}.";
        if (open.Length > 0)
            text += $" Within the noise: {leader.Method}'s lead over {Words.And(open.Select(Describe))}.{ForWantOfRuns([.. open.Where(pair => pair.Lead.Low > 0)])}";
        return new BudgetAdvice(trials, Budget(data, trials), use, new Finding(text,
        [
            .. data.Finished.Select(method => new Source("budget", method.Method, BudgetTable.Heading(trials))),
            .. found.Concat(open).SelectMany(pair => s_columns.Select(column => new Source("methods", pair.Key, column))),
        ]));
    }

    private static string Describe(MethodComparison pair) => $"{pair.Second.Method} by {Estimates.Change(pair.Lead, 3)} (p over prompts {P(pair.PromptsP)}, "
        + $"over runs {P(pair.RunsP)}, corrected {P(pair.CorrectedP)}; ahead with chance {Digits.Fixed(pair.Chance, 2)})";

    private static string P(double p) => Digits.Fixed(p, 4);

    private static string ForWantOfRuns(MethodComparison[] sureOverPrompts) => sureOverPrompts.Length == 0 ? ""
        : $" Other prompts would hardly turn the lead over {Words.And(sureOverPrompts.Select(pair => pair.Second.Method))}, other runs could: more runs would tell.";

    private static string Budget(ReportData data, int trials)
    {
        int smallest = data.Finished.Min(method => method.Ranked.Count);
        string beyond = MethodComparisons.Budgets.Any(budget => budget > trials && budget > smallest) && trials == smallest
            ? ", all that the smallest grid has" : "";
        return Words.Runs(trials) + beyond;
    }
}
