namespace Alignment.Reports;

/// <summary>Which method to use with 1, 5 and 20 runs, from the budget curve and the tests between methods.</summary>
internal static class BudgetChoice
{
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
            text += $" Within the noise: {leader.Method}'s lead over {Words.And(open.Select(Describe))}.";
        return new BudgetAdvice(trials, Budget(data, trials), use, new Finding(text,
        [
            .. data.Finished.Select(method => new Source("budget", method.Method, BudgetTable.Heading(trials))),
            .. found.Concat(open).SelectMany(test => new[] { new Source("methods", test.Key, "expected lead"), new Source("methods", test.Key, "corrected p") }),
            .. found.Concat(open).Select(test => new Source("methods", test.Key, "chance ahead")),
        ]));
    }

    private static string Describe(MethodTest test) => $"{test.Second.Method} by {Estimates.Change(test.Lead, 3)} (corrected p "
        + $"{Digits.Fixed(test.CorrectedP, 4)}, ahead with chance {Digits.Fixed(test.Chance, 2)})";

    private static string Budget(ReportData data, int trials)
    {
        int smallest = data.Finished.Min(method => method.Ranked.Count);
        string beyond = MethodTests.Budgets.Any(budget => budget > trials && budget > smallest) && trials == smallest
            ? ", all that the smallest grid has" : "";
        return Words.Runs(trials) + beyond;
    }
}
