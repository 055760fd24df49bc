using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Reports.Text;

namespace Alignment.Reports.Advice;

/// <summary>What to use with a budget, or on average over several.</summary>
/// <param name="Trials">Settings tried, one run each; several: each budget as likely.</param>
/// <param name="Budget">The budget in words.</param>
/// <param name="Use">The method, or those that cannot be told apart.</param>
/// <param name="Because">Why.</param>
internal sealed record BudgetAdvice(IReadOnlyList<int> Trials, string Budget, IReadOnlyList<string> Use, Finding Because)
{
    /// <summary>One method is ahead of every other beyond the noise.</summary>
    public bool HasWinner => Use.Count == 1;
}

/// <summary>Which method to use, over all budgets and with 1, 5 and 20 settings, from the budget curve and the comparisons of methods on this grid.</summary>
/// <param name="OverAll">The answer.</param>
/// <param name="AtEach">At each budget; of one budget the same.</param>
internal sealed record BudgetChoice(BudgetAdvice OverAll, IReadOnlyList<BudgetAdvice> AtEach)
{
    // of the table methods
    private static readonly string[] s_columns = ["expected lead", "corrected p", "could see", "chance ahead"];

    /// <summary>Every advice once, over all budgets first.</summary>
    public IReadOnlyList<BudgetAdvice> All => AtEach.Count == 1 ? AtEach : [OverAll, .. AtEach];

    /// <summary>The choice; null with fewer than two methods.</summary>
    public static BudgetChoice? Of(ReportData data)
    {
        if (data.Finished.Count < 2)
            return null;
        MethodComparisons comparisons = data.Comparisons;
        BudgetAdvice[] atEach = [.. comparisons.Trials.Select(k => At([.. comparisons.AtEach.Where(pair => pair.Budgets[0] == k)], Expected(data, k), Budget(data, k)))];
        return new BudgetChoice(atEach.Length == 1 ? atEach[0]
            : At(comparisons.OverAll, null, $"{Words.Or(comparisons.Trials.Select(k => Digits.Fixed(k, 0)))} runs, each as likely"), atEach);
    }

    private static BudgetAdvice At(IReadOnlyList<MethodComparison> pairs, Finding? expected, string budget)
    {
        MethodRuns leader = pairs[0].First;
        MethodComparison[] open = [.. pairs.Where(pair => pair.First == leader && !pair.IsFound)];
        MethodComparison[] found = [.. pairs.Where(pair => pair.First == leader && pair.IsFound)];
        List<string> sentences = expected is null ? [] : [expected.Text];
        if (found.Length > 0)
            sentences.Add($"Another run of {leader.Method}'s pick scores higher than one of {Words.And(found.Select(Describe))}.");
        if (open.Length > 0)
            sentences.Add($"Within the noise: {leader.Method}'s lead over {Words.And(open.Select(Describe))}.");
        return new BudgetAdvice(pairs[0].Budgets, budget, MethodComparisons.Recommended(pairs), new Finding(string.Join(' ', sentences),
            [.. expected?.Sources ?? [], .. found.Concat(open).SelectMany(pair => s_columns.Select(column => new Source("methods", pair.Key, column)))]));
    }

    private static Finding Expected(ReportData data, int trials) => Finding.Of(
        $"Expected best score: {Words.And(data.Finished.OrderByDescending(method => data.Expected(method)[trials - 1].Value)
            .Select(method => $"{method.Method} {Estimates.Text(data.Expected(method)[trials - 1], 3)}"))}.", "budget", data.Finished, BudgetTable.Heading(trials));

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
