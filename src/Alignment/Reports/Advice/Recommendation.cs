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
/// <param name="Budgets">What to use over all budgets, and with 1, 5 and 20 runs; empty with fewer than two methods.</param>
/// <param name="Settings">Which hyperparameters to start with.</param>
/// <param name="Against">How far the best runs moved; what else speaks against them is a table.</param>
/// <param name="Judging">How far the judge can be trusted, and where other judges disagree; empty where a store does not say.</param>
/// <param name="Limits">What this sweep cannot tell.</param>
/// <param name="Rounds">Whether a round on-policy pays; empty without one.</param>
internal sealed record Recommendation(
    Finding Answer, Finding? Undecided, IReadOnlyList<Finding> Next, string Command, IReadOnlyList<BudgetAdvice> Budgets, IReadOnlyList<Finding> Settings, IReadOnlyList<Finding> Against,
    IReadOnlyList<Finding> Judging, IReadOnlyList<Finding> Limits, IReadOnlyList<Finding> Rounds)
{
    /// <summary>One judge's answer alone.</summary>
    public static Finding OwnAnswer(ReportData data) => AnswerOf(data, BudgetChoice.Of(data));

    /// <summary>Computes the recommendation.</summary>
    public static Recommendation Of(ReportData data)
    {
        BudgetChoice? choice = BudgetChoice.Of(data);
        MethodRuns[] named = [.. data.Finished.Where(method => choice is null || choice.OverAll.Use.Contains(method.Method))];
        Finding answer = AnswerOf(data, choice);
        return new Recommendation(answer with { Text = answer.Text + Advice.Judging.Objection(data) }, Advice.Undecided.Of(data, choice?.OverAll),
            [.. RunNext.Of(data, named)], NextCommand.Of(data) ?? data.Sweep.Command, choice?.All ?? [],
            [.. named.SelectMany(method => SettingChoice.Of(data, method))],
            [.. named.Select(method => Drift.Of(data, method)).OfType<Finding>()],
            [.. Advice.Judging.Of(data)],
            [.. Advice.Limits.Of(data)],
            [.. OnPolicyRound.Of(data)]);
    }

    /// <summary>Every sentence, the answer first.</summary>
    public IEnumerable<Finding> All =>
        [Answer, .. Undecided is { } undecided ? [undecided] : Array.Empty<Finding>(), .. Next, .. Budgets.Select(budget => budget.Because), .. Settings, .. Rounds, .. Against, .. Judging, .. Limits];

    /// <summary>recommendation.md; each sentence names its tables.</summary>
    public string ToMarkdown(ReportTables tables)
    {
        var text = new StringBuilder("# Which method should I use?\n\n**").Append(Answer.Text).Append("**\n");
        if (Undecided is { } undecided)
            text.Append('\n').Append(Line(undecided, tables)).Append('\n');
        if (tables.Start.Table.Rows.Count > 0)
            text.Append('\n').Append(tables.Start.Table.ToMarkdown());
        if (Next.Count > 0)
            text.Append("\n## Run next\n").AppendJoin("", Next.Select(finding => $"\n- {Line(finding, tables)}")).Append("\n\n```sh\n").Append(Command).Append("\n```\n");
        if (Budgets.Count > 0)
            text.Append("\n## Why, and how sure\n");
        foreach (BudgetAdvice budget in Budgets)
            text.Append("\n- With ").Append(budget.Budget).Append(": use ").Append(Words.Or(budget.Use)).Append(". ").Append(Line(budget.Because, tables));
        if (tables.Against.Table.Rows.Count > 0)
            text.Append("\n\n## ").Append(tables.Against.Title).Append("\n\n").Append(tables.Against.Table.ToMarkdown().TrimEnd());
        foreach ((string heading, IReadOnlyList<Finding> findings) in Sections)
            text.Append("\n\n## ").Append(heading).Append('\n').AppendJoin("", findings.Select(finding => $"\n- {Line(finding, tables)}"));
        return text.Append('\n').ToString();
    }

    /// <summary>The parts below the answer that have something to say.</summary>
    public IEnumerable<(string Heading, IReadOnlyList<Finding> Findings)> Sections => new (string, IReadOnlyList<Finding> Findings)[]
    {
        ("Settings", Settings), ("Offline or on-policy", Rounds), ("How far it moves", Against), ("How far to trust the judge", Judging), ("What this sweep cannot tell", Limits),
    }.Where(part => part.Findings.Count > 0);

    private static string Line(Finding finding, ReportTables tables)
    {
        IEnumerable<string> links = finding.Sources.Select(source => source.Table).Distinct().Select(table => $"[{table}]({tables.With(table).Id}.md)");
        return finding.Sources.Count == 0 ? finding.Text : $"{finding.Text} ({string.Join(", ", links)})";
    }

    private static Finding AnswerOf(ReportData data, BudgetChoice? choice)
    {
        if (data.Finished.Count == 0)
            return new Finding($"No preference run has finished, so there is nothing to compare with the {data.Sweep.StartModel} yet.");
        if (choice is null)
            return new Finding($"Only {data.Finished[0].Method} has finished runs. There is no method to compare it with.");
        BudgetAdvice overAll = choice.OverAll;
        Source[] sources = [.. choice.All.SelectMany(budget => budget.Because.Sources).Where(source => source is { Table: "methods", Column: "corrected p" })];
        string[] behind = [.. data.Finished.Select(method => method.Method).Except(overAll.Use)];
        if (overAll.HasWinner)
            return new Finding($"Use {overAll.Use[0]}: {(choice.AtEach.All(budget => budget.Use.SequenceEqual(overAll.Use)) ? $"it is ahead of {Words.And(behind)} at every budget tried"
                : $"{Over(overAll)}it is ahead of {Words.And(behind)}")}, beyond the noise of seeds and prompts{Alone(choice)}.", sources);
        string text = behind.Length > 0 ? Several(data, choice, behind) : NoneBest([.. overAll.Use]);
        return new Finding(text + AgainstSft(data, overAll), [.. sources, .. SftSources(data, overAll)]);
    }

    private static string NoneBest(string[] use) => $"No method is shown to be best here: {use[0]}'s {(use.Length == 2 ? "lead" : "leads")} over {Words.And(use[1..])} "
        + $"{(use.Length == 2 ? "is" : "are")} within the noise.";

    private static string Several(ReportData data, BudgetChoice choice, string[] behind)
    {
        string[] ahead = [.. Ahead(data, behind)];
        return $"Use {Words.Or(Named(data, choice.OverAll).Select(method => method.Method))}, which are not told apart: {Over(choice.OverAll)}{Words.And(behind)} "
            + $"{(behind.Length == 1 ? "is" : "are")} behind{(ahead.Length == 0 ? "" : $" {Words.And(ahead)}")}, beyond the noise of seeds and prompts{Alone(choice)}.";
    }

    // the recommended ones that are found to be ahead of all that are behind
    private static IEnumerable<string> Ahead(ReportData data, string[] behind) => data.Finished.Select(method => method.Method)
        .Where(method => behind.All(other => data.Comparisons.OverAll.Any(pair => pair.IsFound && pair.First.Method == method && pair.Second.Method == other)));

    private static string Over(BudgetAdvice budget) => budget.Trials.Count == 1 ? "" : $"over budgets of {Words.And(budget.Trials.Select(k => Digits.Fixed(k, 0)))} runs ";

    // where a budget by itself tells less, or other things
    private static string Alone(BudgetChoice choice)
    {
        var others = choice.AtEach.Where(budget => budget.Use.Except(choice.OverAll.Use).Any()).ToArray();
        BudgetAdvice[] less = [.. others.Where(budget => !choice.OverAll.Use.Except(budget.Use).Any())];
        return (less.Length == 0 ? "" : $"; with {Runs([.. less.Select(budget => budget.Trials[0])])} alone that is within the noise")
            + string.Concat(others.Except(less).Select(budget => $"; with {Runs(budget.Trials)} alone use {Words.Or(budget.Use)}"));
    }

    private static string Runs(IReadOnlyList<int> trials) => $"{Words.Or(trials.Select(k => Digits.Fixed(k, 0)))} {(trials[^1] == 1 ? "run" : "runs")}";

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
}
