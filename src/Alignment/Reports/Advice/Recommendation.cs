using System.Text;
using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Reports.Text;

namespace Alignment.Reports.Advice;

/// <summary>
/// The answer to "which method should I use?", in plain words computed from the tables. A method is recommended only where its lead over every
/// other is outside the noise of seeds and prompts (<see cref="MethodComparisons"/>); otherwise all that cannot be told apart are named.
/// </summary>
/// <param name="Answer">One sentence.</param>
/// <param name="Undecided">Where several methods are named: which is cheapest, which is safest, and what lead would have been seen; else null.</param>
/// <param name="Next">What to run next.</param>
/// <param name="Command">What runs it.</param>
/// <param name="Budgets">What to use with 1, 5 and 20 runs; empty with fewer than two methods.</param>
/// <param name="Settings">Which hyperparameters to start with.</param>
/// <param name="Against">How far the best runs moved; what else speaks against them is a table.</param>
/// <param name="Judging">How far the judge can be trusted, and where other judges disagree; empty where a store does not say.</param>
/// <param name="Limits">What this sweep cannot tell.</param>
internal sealed record Recommendation(
    Finding Answer, Finding? Undecided, IReadOnlyList<Finding> Next, string Command, IReadOnlyList<BudgetAdvice> Budgets, IReadOnlyList<Finding> Settings, IReadOnlyList<Finding> Against,
    IReadOnlyList<Finding> Judging, IReadOnlyList<Finding> Limits)
{
    /// <summary>One judge's answer alone.</summary>
    public static Finding OwnAnswer(ReportData data) => AnswerOf(data, BudgetChoice.Of(data));

    /// <summary>Computes the recommendation.</summary>
    public static Recommendation Of(ReportData data)
    {
        IReadOnlyList<BudgetAdvice> budgets = BudgetChoice.Of(data);
        MethodRuns[] named = [.. data.Finished.Where(method => budgets.Count == 0 || budgets[^1].Use.Contains(method.Method))];
        Finding answer = AnswerOf(data, budgets);
        return new Recommendation(answer with { Text = answer.Text + Advice.Judging.Objection(data) }, Advice.Undecided.Of(data, budgets),
            [.. RunNext.Of(data, named)], NextCommand.Of(data) ?? data.Sweep.Command, budgets,
            [.. named.SelectMany(method => SettingChoice.Of(data, method))],
            [.. named.Select(method => Drift.Of(data, method)).OfType<Finding>()],
            [.. Advice.Judging.Of(data)],
            [.. Advice.Limits.Of(data)]);
    }

    /// <summary>Every sentence, the answer first.</summary>
    public IEnumerable<Finding> All =>
        [Answer, .. Undecided is { } undecided ? [undecided] : Array.Empty<Finding>(), .. Next, .. Budgets.Select(budget => budget.Because), .. Settings, .. Against, .. Judging, .. Limits];

    /// <summary>recommendation.md; each sentence names its tables.</summary>
    public string ToMarkdown(ReportTables tables)
    {
        var text = new StringBuilder("# Which method should I use?\n\n**").Append(Answer.Text).Append("**\n");
        if (Undecided is { } undecided)
            text.Append('\n').Append(Line(undecided)).Append('\n');
        if (tables.Start.Table.Rows.Count > 0)
            text.Append('\n').Append(tables.Start.Table.ToMarkdown());
        if (Next.Count > 0)
            text.Append("\n## Run next\n").AppendJoin("", Next.Select(finding => $"\n- {Line(finding)}")).Append("\n\n```sh\n").Append(Command).Append("\n```\n");
        if (Budgets.Count > 0)
            text.Append("\n## Why, and how sure\n");
        foreach (BudgetAdvice budget in Budgets)
            text.Append("\n- With ").Append(budget.Budget).Append(": use ").Append(Words.Or(budget.Use)).Append(". ").Append(Line(budget.Because));
        if (tables.Against.Table.Rows.Count > 0)
            text.Append("\n\n## ").Append(tables.Against.Title).Append("\n\n").Append(tables.Against.Table.ToMarkdown().TrimEnd());
        foreach ((string heading, IReadOnlyList<Finding> findings) in Sections)
            text.Append("\n\n## ").Append(heading).Append('\n').AppendJoin("", findings.Select(finding => $"\n- {Line(finding)}"));
        return text.Append('\n').ToString();
    }

    /// <summary>The parts below the answer that have something to say.</summary>
    public IEnumerable<(string Heading, IReadOnlyList<Finding> Findings)> Sections => new (string, IReadOnlyList<Finding> Findings)[]
    {
        ("Settings", Settings), ("How far it moves", Against), ("How far to trust the judge", Judging), ("What this sweep cannot tell", Limits),
    }.Where(part => part.Findings.Count > 0);

    private static string Line(Finding finding)
    {
        IEnumerable<string> tables = finding.Sources.Select(source => source.Table).Distinct().Select(table => $"[{table}]({table}.md)");
        return finding.Sources.Count == 0 ? finding.Text : $"{finding.Text} ({string.Join(", ", tables)})";
    }

    private static Finding AnswerOf(ReportData data, IReadOnlyList<BudgetAdvice> budgets)
    {
        if (data.Finished.Count == 0)
            return new Finding($"No preference run has finished, so there is nothing to compare with the {data.Sweep.StartModel} yet.");
        if (budgets.Count == 0)
            return new Finding($"Only {data.Finished[0].Method} has finished runs. There is no method to compare it with.");
        Source[] sources = [.. budgets.SelectMany(budget => budget.Because.Sources).Where(source => source is { Table: "methods", Column: "corrected p" })];
        BudgetAdvice last = budgets[^1];
        var sets = budgets.GroupBy(budget => string.Join('\n', budget.Use.Order(StringComparer.Ordinal))).Select(alike => (Use: Named(data, alike.First()).Select(method => method.Method).ToArray(),
            Trials: (IReadOnlyList<int>)[.. alike.Select(budget => budget.Trials)])).ToArray();
        if (sets.Length > 1)
            return new Finding(Nested(data, budgets) ?? Parts(data, sets), sources);
        if (last.HasWinner)
            return new Finding($"Use {last.Use[0]}: it is ahead of {Words.And(data.Finished.Select(method => method.Method).Where(name => name != last.Use[0]))} "
                + "at every budget tried, beyond the noise of seeds and prompts.", sources);
        string[] tied = [.. last.Use.Skip(1)];
        return new Finding($"No method is shown to be best here: {last.Use[0]}'s {(tied.Length == 1 ? "lead" : "leads")} over {Words.And(tied)} "
            + $"{(tied.Length == 1 ? "is" : "are")} within the noise{Beaten(data, last)}.{AgainstSft(data, last)}", [.. sources, .. SftSources(data, last)]);
    }

    // one set is told apart at some budgets, and led by at all others: such as "use DPO or LN-DPO …: SimPO is behind with 1 run; with 2 that is within the noise"
    private static string? Nested(ReportData data, IReadOnlyList<BudgetAdvice> budgets)
    {
        IReadOnlyList<string> use = budgets.MinBy(budget => budget.Use.Count)!.Use;
        if (budgets.Any(budget => use.Except(budget.Use).Any() || !use.Contains(budget.Use[0]) || budget.Use.Count > use.Count && budget.Use.Count < data.Finished.Count))
            return null;
        string[] behind = [.. data.Finished.Select(method => method.Method).Except(use)];
        string told = Budget([.. budgets.Where(budget => budget.Use.Count == use.Count).Select(budget => budget.Trials)]);
        string open = Budget([.. budgets.Where(budget => budget.Use.Count > use.Count).Select(budget => budget.Trials)]);
        return $"Use {Words.Or(data.Finished.Select(method => method.Method).Where(use.Contains))}{(use.Count == 1 ? "" : ", which are not told apart")}: "
            + $"{Words.And(behind)} {(behind.Length == 1 ? "is" : "are")} behind with {told}; with {open} that is within the noise.";
    }

    private static string Parts(ReportData data, (string[] Use, IReadOnlyList<int> Trials)[] sets)
    {
        string parts = string.Join("; ", sets.Select(set => Part(data, set.Use, set.Trials)));
        return $"{char.ToUpperInvariant(parts[0])}{parts[1..]}.";
    }

    private static string Part(ReportData data, string[] use, IReadOnlyList<int> trials)
    {
        string[] behind = [.. data.Finished.Select(method => method.Method).Except(use)];
        return behind.Length == 0 ? $"with {Budget(trials)} no method is shown to be best"
            : $"use {Words.Or(use)} with {Budget(trials)}{(use.Length == 1 ? "" : $", not told apart, while {Words.And(behind)} {(behind.Length == 1 ? "is" : "are")} behind")}";
    }

    private static string Budget(IReadOnlyList<int> trials) => $"{Words.Or(trials.Select(k => Digits.Fixed(k, 0)))} {(trials[^1] == 1 ? "run" : "runs")}";

    // with no winner the next question is whether any of them helps
    private static string AgainstSft(ReportData data, BudgetAdvice budget)
    {
        if (data.Sweep.Sft is null)
            return "";
        string[] ahead = [.. Named(data, budget).Where(method => StartTable.GainOf(data, method)!.Low > 0).Select(method => method.Method)];
        return ahead.Length == budget.Use.Count ? $" The best setting of each beats the {data.Sweep.StartModel}."
            : ahead.Length == 0 ? $" None of them is shown to beat the {data.Sweep.StartModel}."
            : $" Of them, {Words.And(ahead)} {(ahead.Length == 1 ? "is" : "are")} shown to beat the {data.Sweep.StartModel}.";
    }

    private static IEnumerable<Source> SftSources(ReportData data, BudgetAdvice budget) => data.Sweep.Sft is null ? []
        : Named(data, budget).Select(method => new Source(StartTable.Id, method.Method, StartTable.Gain));

    private static IEnumerable<MethodRuns> Named(ReportData data, BudgetAdvice budget) => data.Finished.Where(method => budget.Use.Contains(method.Method));

    private static string Beaten(ReportData data, BudgetAdvice budget)
    {
        string[] beaten = [.. data.Finished.Select(method => method.Method).Except(budget.Use)];
        return beaten.Length == 0 ? "" : $"; {Words.And(beaten)} {(beaten.Length == 1 ? "is" : "are")} behind";
    }
}
