using System.Text;
using Alignment.Evaluation;
using Alignment.Reports.Advice;
using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Reports.Text;

namespace Alignment.Reports.Compare;

/// <summary>What two sweeps say together, in plain words; every number stands in a cell of the tables.</summary>
internal static class CompareAnswer
{
    public static IReadOnlyList<Finding> Of(SweepPair pair) => [Verdict(pair), .. pair.Shared.Select(method => Change(pair, method.First, method.Second))];

    public static string ToMarkdown(SweepPair pair)
    {
        IReadOnlyList<Finding> findings = Of(pair);
        var text = new StringBuilder("# ").Append(Title(pair)).Append("\n\n**").Append(findings[0].Text).Append("**\n");
        return text.AppendJoin("", findings.Skip(1).Select(finding => $"\n- {finding.Text}")).Append('\n').ToString();
    }

    public static string Title(SweepPair pair) => $"{pair.FirstName} and {pair.SecondName}: is the answer the same?";

    private static Finding Verdict(SweepPair pair)
    {
        IReadOnlyList<SharedBudget> budgets = SharedBudget.Of(pair);
        if (budgets.Count == 0)
            return new Finding("The two sweeps have no budget in common at which methods are compared.");
        string[] same = [.. budgets.Select(budget => budget.Agreement)];
        Source[] sources = [.. budgets.Select(budget => new Source("answers", Digits.Fixed(budget.Trials, 0), CompareTables.SameAnswer))];
        return new Finding(same.All(answer => answer == "yes") ? "Both sweeps give the same answer at every budget they share."
            : same.All(answer => answer == "no") ? "The sweeps give different answers at every budget they share."
            : "The sweeps agree in part: what one shows to be best, the other cannot tell apart, or only at some budgets.", sources);
    }

    private static Finding Change(SweepPair pair, MethodRuns first, MethodRuns second)
    {
        Estimate change = CompareTables.BestChange(pair, first, second);
        string what = change.Low > 0 ? "scores higher" : change.High < 0 ? "scores lower" : "shows no change";
        return new Finding($"{first.Method}'s best run {what} in {pair.SecondName}: {Estimates.Change(change, 3)}.", new Source("changes", first.Method, "change"));
    }
}
