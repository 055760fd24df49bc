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
    // how two answers agree → in words, and over which budgets it is said
    private static readonly Dictionary<string, (string Says, string Which)> s_says = new()
    {
        ["yes"] = ("Both sweeps give the same answer", "every"),
        ["no"] = ("The sweeps give different answers", "every"),
        ["partly"] = ("What one sweep shows to be best the other cannot tell apart", "every"),
        ["open"] = ("Neither sweep shows one method to be best", "any"),
    };

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
        Source[] sources = [.. budgets.Select(budget => new Source("answers", Digits.Fixed(budget.Trials, 0), CompareTables.SameAnswer))];
        var parts = budgets.GroupBy(budget => budget.Agreement).Select(alike => (s_says[alike.Key].Says, s_says[alike.Key].Which, Trials: (int[])[.. alike.Select(budget => budget.Trials)])).ToArray();
        return new Finding(parts.Length == 1 ? $"{parts[0].Says} at {parts[0].Which} budget they share."
            : $"{string.Join("; ", parts.Select((part, i) => $"{(i == 0 ? part.Says : char.ToLowerInvariant(part.Says[0]) + part.Says[1..])} with {Budget(part.Trials)}"))}.", sources);
    }

    private static string Budget(int[] trials) => $"{Words.Or(trials.Select(k => Digits.Fixed(k, 0)))} {(trials[^1] == 1 ? "run" : "runs")}";

    private static Finding Change(SweepPair pair, MethodRuns first, MethodRuns second)
    {
        Estimate change = CompareTables.BestChange(pair, first, second);
        string what = change.Low > 0 ? "scores higher" : change.High < 0 ? "scores lower" : "shows no change";
        return new Finding($"{first.Method}'s best run {what} in {pair.SecondName}: {Estimates.Change(change, 3)}.", new Source("changes", first.Method, "change"));
    }
}
