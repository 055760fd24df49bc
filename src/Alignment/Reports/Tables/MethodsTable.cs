using Alignment.Reports.Numbers;

namespace Alignment.Reports.Tables;

/// <summary>Every pair of methods at every budget, with what noise could do to the lead.</summary>
internal static class MethodsTable
{
    /// <summary>methods: the rows of <see cref="MethodComparisons"/>.</summary>
    public static ReportTable Of(ReportData data) => new("methods", "Is one method better than another?",
        "Lead: expected score of the first method's pick of k random runs minus the second's, on prompts that did not choose it; the interval is "
        + "corrected for the number of pairs. p over prompts: sign-flip test. p over runs: would shuffling the runs between the methods give as "
        + "large a lead? Corrected p: the larger of both after Holm's correction for all rows of this table. Chance ahead: how often the first's pick "
        + "scores higher, over random choices of runs and prompts.",
        new Table(
            [
                Column.Text("lead", "comparison"), Column.Estimates("expected lead", "lead", isChange: true), Column.Of("p over prompts", "p_prompts", 4),
                Column.Of("p over runs", "p_runs", 4), Column.Of("corrected p", "p_corrected", 4), Column.Of("chance ahead", "chance_ahead", 2),
                new("verdict"),
            ],
            [
                .. data.Comparisons.All.Select(pair => (IReadOnlyList<Cell>)
                [
                    pair.Key, pair.Lead, pair.PromptsP, pair.RunsP, pair.CorrectedP, pair.Chance,
                    pair.IsFound ? $"{pair.First.Method} is better" : "not told apart",
                ]),
            ]));
}
