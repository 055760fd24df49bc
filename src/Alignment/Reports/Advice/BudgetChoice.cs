using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Reports.Text;

namespace Alignment.Reports.Advice;

/// <summary>Which method to use with 1, 5 and 20 runs, from the budget curve and the tests between methods.</summary>
internal static class BudgetChoice
{
    // of the table methods
    private static readonly string[] s_columns = ["expected lead", "p over prompts", "p over runs", "corrected p", "chance ahead"];

    public static IReadOnlyList<BudgetAdvice> Of(ReportData data) => data.Finished.Count < 2 ? [] : [.. data.Tests.Trials.Select(trials => At(data, trials))];

    private static BudgetAdvice At(ReportData data, int trials)
    {
        MethodTest[] tests = [.. data.Tests.All.Where(test => test.Trials == trials)];
        MethodRuns leader = tests[0].First;
        MethodTest[] open = [.. tests.Where(test => test.First == leader && !test.IsFound)];
        MethodTest[] found = [.. tests.Where(test => test.First == leader && test.IsFound)];
        string[] use = [leader.Method, .. open.Select(test => test.Second.Method)];

        string expected = Words.And(data.Finished.OrderByDescending(method => data.Expected(method)[trials - 1].Value)
            .Select(method => $"{method.Method} {Estimates.Text(data.Expected(method)[trials - 1], 3)}"));
        string text = $"Expected best score: {expected}.";
        if (found.Length > 0)
            text += $" {leader.Method} leads on prompts that did not choose the run: over {Words.And(found.Select(Describe))}.";
        if (open.Length > 0)
            text += $" Within the noise: {leader.Method}'s lead over {Words.And(open.Select(Describe))}.{ForWantOfRuns([.. open.Where(test => test.Lead.Low > 0)])}";
        return new BudgetAdvice(trials, Budget(data, trials), use, new Finding(text,
        [
            .. data.Finished.Select(method => new Source("budget", method.Method, BudgetTable.Heading(trials))),
            .. found.Concat(open).SelectMany(test => s_columns.Select(column => new Source("methods", test.Key, column))),
        ]));
    }

    private static string Describe(MethodTest test) => $"{test.Second.Method} by {Estimates.Change(test.Lead, 3)} (p over prompts {P(test.PromptsP)}, "
        + $"over runs {P(test.RunsP)}, corrected {P(test.CorrectedP)}; ahead with chance {Digits.Fixed(test.Chance, 2)})";

    private static string P(double p) => Digits.Fixed(p, 4);

    private static string ForWantOfRuns(MethodTest[] sureOverPrompts) => sureOverPrompts.Length == 0 ? ""
        : $" Other prompts would hardly turn the lead over {Words.And(sureOverPrompts.Select(test => test.Second.Method))}, other runs could: more runs would tell.";

    private static string Budget(ReportData data, int trials)
    {
        int smallest = data.Finished.Min(method => method.Ranked.Count);
        string beyond = MethodTests.Budgets.Any(budget => budget > trials && budget > smallest) && trials == smallest
            ? ", all that the smallest grid has" : "";
        return Words.Runs(trials) + beyond;
    }
}
