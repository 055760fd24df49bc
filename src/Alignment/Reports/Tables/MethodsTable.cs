using Alignment.Reports.Numbers;
using Alignment.Reports.Text;

namespace Alignment.Reports.Tables;

/// <summary>Every pair of methods at every budget, with what noise could do to the lead.</summary>
internal static class MethodsTable
{
    /// <summary>methods: the rows of <see cref="MethodComparisons.All"/>.</summary>
    public static ReportTable Of(ReportData data) => new("methods", "On this grid as it stands, is one method better than another?",
        "Lead: what another run of the first method's pick of k settings scores above another run of the second's on other prompts, on average over the budgets k of the row. "
        + "Seeds and prompts vary, the settings are those of the grid. The rows over all budgets decide, and their intervals hold at once with chance 0.95; so do those at each budget, where a "
        + "pair is told apart only if it is over all. A lead is found where its interval leaves 0 out. Curse: what picking by these runs and prompts "
        + "had added to the lead, taken off. Corrected p: times the number of such rows. Could see: the least true lead that this sweep would have found four times in five. "
        + "Chance ahead: how often the first's pick scores higher, over random choices of settings, their seeds and prompts.",
        new Table(
            [
                Column.Text("lead", "comparison"), Column.Estimates("expected lead", "lead", isChange: true), Column.Of("curse", "curse", isChange: true),
                Column.Of("corrected p", "p_corrected", 4), Column.Of("could see", "smallest_lead"), Column.Of("chance ahead", "chance_ahead", 2), new("verdict"),
            ],
            [
                .. data.Comparisons.All.Select(pair => (IReadOnlyList<Cell>)
                [
                    pair.Key, pair.Lead, pair.Curse, pair.SeedsAreKnown ? pair.CorrectedP : Cell.Empty, pair.SeedsAreKnown ? pair.Smallest : Cell.Empty, pair.Chance,
                    pair.IsFound ? $"{pair.First.Method} is better" : !pair.SeedsAreKnown ? "not told apart: noise of seeds unknown" : pair.Lead.Low > 0 ? "not over all budgets" : "not told apart",
                ]),
            ]));
}

/// <summary>Every pair of methods for settings that were not tried.</summary>
internal static class SettingsLeadTable
{
    /// <summary>settings-like-these: the rows of <see cref="MethodComparisons.ForSettingsLikeThese"/>.</summary>
    public static ReportTable Of(ReportData data) => new("settings-like-these", "For settings like these, is one method better than another?",
        "Lead: what an average setting of the first method scores above one of the second. Settings vary: their noise is what settings at equal values of the shared "
        + $"hyperparameters ({Shared(data)}) differ by. All intervals hold at once with chance 0.95. Corrected p: times the number of rows. "
        + "Empty where a method has one setting in all, so that nothing tells how settings vary.",
        new Table(
            [
                Column.Text("lead", "comparison"), Column.Estimates("lead of an average setting", "lead", isChange: true), Column.Of("corrected p", "p_corrected", 4),
                Column.Of("settings", "settings", 0), Column.Of("shared values", "shared_values", 0), new("verdict"),
            ],
            [
                .. data.Comparisons.ForSettingsLikeThese.Select(pair => (IReadOnlyList<Cell>)
                [
                    pair.Key, pair.Lead is { } lead ? lead : Cell.Empty, pair.CorrectedP ?? double.NaN, pair.Result?.Settings ?? double.NaN, pair.Result?.Values ?? double.NaN,
                    pair.Lead is not { } known ? "unknown" : known.Low > 0 ? $"{pair.First.Method} is better" : "not told apart",
                ]),
            ]));

    private static string Shared(ReportData data) => SharedHyperparameters.Of(data.Finished) is { Count: > 0 } names ? Words.And(names) : "none";
}
