using System.Globalization;

namespace Alignment.Sweeps.Search;

/// <summary>A replay as text.</summary>
internal static class ReplayTable
{
    private static readonly int[] s_budgets = [6, 9, 12, 18, 24];

    /// <summary>A line each: what is replayed, then a Markdown table over budgets.</summary>
    /// <param name="table">What is stored.</param>
    /// <param name="times">Replays.</param>
    /// <exception cref="InvalidDataException">There are too few settings to choose from.</exception>
    public static IEnumerable<string> Lines(ScoreTable table, int times)
    {
        var replay = new Replay(table);
        int[] budgets = [.. s_budgets.Where(runs => runs <= replay.Space.Count)];
        if (budgets.Length == 0)
            throw new InvalidDataException($"{table.What}: {replay.Space.Count} settings are too few for a replay, it takes {s_budgets[0]}");
        yield return Text($"{table.What}: {table.Runs.Count} runs of {replay.Space.Count} settings, {table.Runs[0].Scores.Length} prompts; ")
            + Text($"the best is {replay.Space.Points[replay.Best].Slug}, {replay.Truth.Max():F3}, the median {Median(replay.Truth):F3}; a run's noise there has sd {replay.NoiseAtBest:F3}");
        yield return Text($"{times} replays each. Regret: how far the recommended setting is below the best, mean with 95 % interval; ")
            + "right: share whose recommended setting is of the best one's method.";
        yield return "| runs | search: regret | random: regret | grid's order: regret | search: right | random: right | grid's order: right "
            + "| sure, right | sure, wrong | prompts asked | wrongly stopped |";
        yield return "|---|---|---|---|---|---|---|---|---|---|---|";
        foreach (int runs in budgets)
        {
            ReplayOutcome at = replay.At(runs, times);
            yield return Text($"| {runs} | {at.Search} | {at.Random} | {at.Grid} | {at.Search.RightMethod:F2} | {at.Random.RightMethod:F2} | {at.Grid.RightMethod:F2} ")
                + Text($"| {at.NamedRight:F2} | {at.NamedWrong:F2} | {at.Stops.PromptShare:P0} | {at.Stops.Wrongly} of {at.Stops.Runs} |");
        }
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
