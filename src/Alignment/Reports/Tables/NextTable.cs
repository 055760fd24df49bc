using Alignment.Evaluation;
using Alignment.Reports.Numbers;
using Alignment.Reports.Text;

namespace Alignment.Reports.Tables;

/// <summary>next: what would decide what is open, as runs and in prompts and seeds.</summary>
internal static class NextTable
{
    public const string Id = "next", Power = "power", ItTakes = "it takes", ChangesSetting = "changes the setting, chance";

    // a two-sided test at 5 % that sees a true lead four times in five
    private const double SeenAt = 1.959964 + 0.841621;
    private const int MostPrompts = 100_000, MostSeeds = 100;

    /// <summary>The table, and the power of the sweep behind it.</summary>
    public static ReportTable Of(ReportData data, IReadOnlyList<FurtherRun> runs) => new(Id, "What to run next",
        "The runs with the largest expected effect on the answer, chosen one after the other, by the model of scores that a search uses: "
        + "how likely each changes which setting, and which method, has the highest expected score."
        + (IsUnlikely(runs) ? " None of them is likely to change the answer." : ""),
        new Table([new("run"), new("what it is"), Column.Of("expected score", "expected_score"), Column.Of(ChangesSetting, "changes_setting", 2),
            Column.Of("changes the method, chance", "changes_method", 2)],
            [.. runs.Select(run => (IReadOnlyList<Cell>)[run.Point.Slug, run.Kind, run.Effect.Expected, run.Effect.SettingChance, run.Effect.MethodChance])]))
    {
        Further = data.Finished.Count < 2 ? [] : [new(Power, "What it takes to tell the methods apart",
            "Between the best setting of each method, at the leads of this sweep: so many prompts, or so many seeds of both, "
                + $"see a true lead of this size four times in five (two-sided, 5 %). {Known(data)}",
            new Table([new("lead"), Column.Of("score", "score"), new(ItTakes)],
                [.. Needs(data, data.Finished).Select(need => (IReadOnlyList<Cell>)[need.Key, need.Lead, need.Takes])]))],
    };

    /// <summary>There are runs, and none is likely to change the answer.</summary>
    public static bool IsUnlikely(IReadOnlyList<FurtherRun> runs) => runs.Count > 0 && runs.All(run => run.Effect.SettingChance < 0.05);

    /// <summary>Where nothing is missing.</summary>
    public const string Enough = "what there is, is enough";

    private static string Known(ReportData data) => FurtherRuns.Repeats(data) is { } variance
        ? $"Another seed moves a mean score by {Digits.Fixed(Math.Sqrt(variance), 3)} (standard deviation, better half of the repeated settings)."
        : "No setting was repeated: what another seed would change is not known, and is left out.";

    /// <summary>What it takes to tell the best setting of some methods from that of each other.</summary>
    /// <param name="data">The sweep.</param>
    /// <param name="methods">At least one.</param>
    public static IEnumerable<Need> Needs(ReportData data, IReadOnlyList<MethodRuns> methods)
    {
        PromptClusters prompts = data.Bootstrap.Clusters;
        (Setting Setting, double[] Scores)[] best = [.. methods.Select(method => (MethodSettings.Of(method)[0], data.GridSettings(method)[0].Column))
            .OrderByDescending(method => method.Item1.Score)];
        foreach ((Setting other, double[] scores) in best.Skip(1))
        {
            (Setting first, double[] of) = best[0];
            double lead = first.Score - other.Score;
            double variance = prompts.VarianceOfMean([.. of.Zip(scores, (a, b) => a - b)]) * prompts.Count;
            yield return new(first.Runs[0].Point.Method, other.Runs[0].Point.Method, lead,
                Takes(lead, variance, prompts.Count, FurtherRuns.Repeats(data) ?? 0, 1.0 / first.Runs.Count + 1.0 / other.Runs.Count));
        }
    }

    /// <summary>In plain words.</summary>
    /// <param name="lead">Of one mean over the other, above 0.</param>
    /// <param name="promptVariance">Of the difference on one prompt.</param>
    /// <param name="prompts">How many there are.</param>
    /// <param name="seedVariance">Of a mean between seeds.</param>
    /// <param name="share">What is left of it in the difference: the sum of one over each side's seeds.</param>
    internal static string Takes(double lead, double promptVariance, int prompts, double seedVariance, double share)
    {
        double allowed = lead / SeenAt * (lead / SeenAt), ofPrompts = promptVariance / prompts;
        if (ofPrompts + seedVariance * share <= allowed)
            return Enough;
        double morePrompts = promptVariance / Math.Max(0, allowed - seedVariance * share), seeds = Math.Ceiling(2 * seedVariance / Math.Max(0, allowed - ofPrompts));
        string[] ways =
        [
            .. morePrompts <= MostPrompts ? [$"about {Rounded(morePrompts)} prompts"] : Array.Empty<string>(),
            .. seedVariance > 0 && seeds <= MostSeeds ? [$"{Digits.Fixed(Math.Max(2, seeds), 0)} seeds each"] : Array.Empty<string>(),
        ];
        if (ways.Length > 0)
            return Words.Or(ways);
        // neither is enough alone: half of what is allowed to each
        double bothPrompts = 2 * promptVariance / allowed, bothSeeds = Math.Ceiling(4 * seedVariance / allowed);
        return seedVariance > 0 && bothPrompts <= MostPrompts && bothSeeds <= MostSeeds ? $"about {Rounded(bothPrompts)} prompts and {Digits.Fixed(Math.Max(2, bothSeeds), 0)} seeds each"
            : "more than can be afforded: take them for equal";
    }

    // two digits, thousands apart
    private static string Rounded(double value)
    {
        double unit = Math.Pow(10, Math.Max(0, Math.Floor(Math.Log10(value)) - 1));
        return (Math.Ceiling(value / unit) * unit).ToString("N0", System.Globalization.CultureInfo.InvariantCulture);
    }
}

/// <summary>What it takes to tell two methods' best settings apart.</summary>
/// <param name="First">The method ahead.</param>
/// <param name="Other">The other.</param>
/// <param name="Lead">Between the mean scores.</param>
/// <param name="Takes">In plain words.</param>
internal sealed record Need(string First, string Other, double Lead, string Takes)
{
    /// <summary>Its row in the table.</summary>
    public string Key => $"{First} over {Other}";
}
