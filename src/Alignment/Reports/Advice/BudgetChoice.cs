using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Reports.Text;

namespace Alignment.Reports.Advice;

/// <summary>What to use with a budget.</summary>
/// <param name="Trials">Settings tried, one run each.</param>
/// <param name="Budget">The budget in words.</param>
/// <param name="Use">The method, or those that cannot be told apart.</param>
/// <param name="Because">Why.</param>
internal sealed record BudgetAdvice(int Trials, string Budget, IReadOnlyList<string> Use, Finding Because)
{
    /// <summary>One method is ahead of every other beyond the noise.</summary>
    public bool HasWinner => Use.Count == 1;
}

/// <summary>Which method to use with 1, 5 and 20 settings, from the budget curve and the comparisons of methods on this grid.</summary>
internal static class BudgetChoice
{
    // of the table methods
    private static readonly string[] s_columns = ["expected lead", "corrected p", "could see", "chance ahead"];

    public static IReadOnlyList<BudgetAdvice> Of(ReportData data) => data.Finished.Count < 2 ? [] : [.. data.Comparisons.Trials.Select(trials => At(data, trials))];

    /// <summary>The methods that no other is found to be ahead of, of those compared at one budget; the leader first.</summary>
    public static IReadOnlyList<string> Recommended(IReadOnlyList<MethodComparison> pairs) =>
        [pairs[0].First.Method, .. pairs.Where(pair => pair.First == pairs[0].First && !pair.IsFound).Select(pair => pair.Second.Method)];

    private static BudgetAdvice At(ReportData data, int trials)
    {
        MethodComparison[] pairs = [.. data.Comparisons.All.Where(pair => pair.Trials == trials)];
        MethodRuns leader = pairs[0].First;
        MethodComparison[] open = [.. pairs.Where(pair => pair.First == leader && !pair.IsFound)];
        MethodComparison[] found = [.. pairs.Where(pair => pair.First == leader && pair.IsFound)];

        string expected = Words.And(data.Finished.OrderByDescending(method => data.Expected(method)[trials - 1].Value)
            .Select(method => $"{method.Method} {Estimates.Text(data.Expected(method)[trials - 1], 3)}"));
        string text = $"Expected best score: {expected}.";
        if (found.Length > 0)
            text += $" Another run of {leader.Method}'s pick scores higher than one of {Words.And(found.Select(pair => Describe(pair)))}.";
        if (open.Length > 0)
            text += $" Within the noise: {leader.Method}'s lead over {Words.And(open.Select(Describe))}.";
        return new BudgetAdvice(trials, Budget(data, trials), Recommended(pairs), new Finding(text,
        [
            .. data.Finished.Select(method => new Source("budget", method.Method, BudgetTable.Heading(trials))),
            .. found.Concat(open).SelectMany(pair => s_columns.Select(column => new Source("methods", pair.Key, column))),
        ]));
    }

    private static string Describe(MethodComparison pair) => $"{pair.Second.Method} by {Estimates.Change(pair.Lead, 3)} ("
        + (pair.SeedsAreKnown ? $"corrected p {Digits.Fixed(pair.CorrectedP, 4)}, a true lead of {Digits.Fixed(pair.Smallest, 3)} would be seen; " : "noise of seeds unknown; ")
        + $"ahead with chance {Digits.Fixed(pair.Chance, 2)})";

    private static string Budget(ReportData data, int trials)
    {
        int smallest = data.Finished.Min(method => data.Picks(method).Settings);
        string beyond = MethodComparisons.Budgets.Any(budget => budget > trials && budget > smallest) && trials == smallest
            ? ", all that the smallest grid has" : "";
        return Words.Runs(trials) + beyond;
    }
}
