using Alignment.Evaluation;
using Alignment.Reports.Text;

namespace Alignment.Reports.Numbers;

/// <summary>Two methods compared on this grid as it stands, after as many settings each.</summary>
/// <param name="First">The method ahead.</param>
/// <param name="Second">The other.</param>
/// <param name="Trials">Settings tried of each, one run a setting.</param>
/// <param name="Difference">What another run of the first's pick scores above another run of the second's on other prompts (<see cref="GridLead"/>).</param>
/// <param name="Comparisons">How many comparisons the sweep makes, pairs × budgets.</param>
/// <param name="Curse">What picking had added to the lead (<see cref="GridPicks.Curse"/>), taken off <paramref name="Difference"/>.</param>
/// <param name="SeedsAreKnown">Something tells how much training seeds move either method; without, the lead cannot be called real.</param>
/// <param name="Chance">How often the first's pick scores higher, over random choices of settings, their seeds and prompts.</param>
internal sealed record MethodComparison(
    MethodRuns First, MethodRuns Second, int Trials, Lead Difference, int Comparisons, double Curse, bool SeedsAreKnown, double Chance)
{
    /// <summary>The lead; with chance 0.95 all intervals of a sweep hold at once (Bonferroni), so 0 outside of one is a finding.</summary>
    public Estimate Lead => Difference.Interval(Confidence);

    /// <summary>p-value of "no lead", times the number of comparisons: below 0.05 where the interval leaves 0 out.</summary>
    public double CorrectedP => Math.Min(1, Difference.P * Comparisons);

    /// <summary>The least true lead that the sweep would have found with chance 0.8.</summary>
    public double Smallest => Difference.Smallest(Confidence);

    /// <summary>The lead is outside the noise of seeds and prompts at 5 %.</summary>
    public bool IsFound => SeedsAreKnown && Lead.Low > 0;

    /// <summary>Its row in the tables.</summary>
    public string Key => $"{First.Method} − {Second.Method}, k = {Digits.Fixed(Trials, 0)}";

    private double Confidence => 1 - 0.05 / Comparisons;
}

/// <summary>Two methods compared for settings like these.</summary>
/// <param name="First">The method ahead.</param>
/// <param name="Second">The other.</param>
/// <param name="Result">The comparison; null where nothing says how much settings vary.</param>
/// <param name="Pairs">Pairs of methods.</param>
internal sealed record SettingsComparison(MethodRuns First, MethodRuns Second, SettingsLead? Result, int Pairs)
{
    /// <summary>The lead of an average setting; with chance 0.95 all pairs' intervals hold at once. Null where it is unknown.</summary>
    public Estimate? Lead => Result?.Difference.Interval(1 - 0.05 / Pairs);

    /// <summary>p-value of "no lead", times the number of pairs.</summary>
    public double? CorrectedP => Result is null ? null : Math.Min(1, Result.Difference.P * Pairs);

    /// <summary>Its row in the table.</summary>
    public string Key => $"{First.Method} − {Second.Method}";
}

/// <summary>
/// All pairs of methods, asked two questions. On this grid as it stands, after 1, 5 and 20 settings or the most that every method has: seeds and prompts
/// vary. For settings like these: settings vary, compared at equal values of the hyperparameters that methods share.
/// Where the methods are equal, the chance that any lead is called real stays below 5 %.
/// </summary>
/// <param name="Trials">The budgets, ascending.</param>
/// <param name="All">Every pair at every budget.</param>
/// <param name="ForSettingsLikeThese">Every pair.</param>
internal sealed record MethodComparisons(IReadOnlyList<int> Trials, IReadOnlyList<MethodComparison> All, IReadOnlyList<SettingsComparison> ForSettingsLikeThese)
{
    /// <summary>The budgets users ask for.</summary>
    public static IReadOnlyList<int> Budgets { get; } = [1, 5, 20];

    /// <summary>Compares the methods of a sweep that have finished runs.</summary>
    public static MethodComparisons Of(ReportData data)
    {
        IReadOnlyList<MethodRuns> methods = data.Finished;
        if (methods.Count == 0)
            return new MethodComparisons([], [], []);
        int most = methods.Min(method => data.Picks(method).Settings);
        int[] trials = [.. Budgets.Select(budget => Math.Min(budget, most)).Distinct()];
        int pairs = methods.Count * (methods.Count - 1) / 2;
        return new MethodComparisons(trials, [.. trials.SelectMany(k => At(data, methods, k, pairs * trials.Length))], [.. ForSettings(data, methods, pairs)]);
    }

    private static IEnumerable<MethodComparison> At(ReportData data, IReadOnlyList<MethodRuns> methods, int trials, int comparisons) =>
        Pairs(methods.OrderByDescending(method => data.Picks(method).Column(trials).Average() - data.Picks(method).Curse(trials)))
            .Select(pair => Compare(data, pair.First, pair.Second, trials, comparisons));

    private static MethodComparison Compare(ReportData data, MethodRuns first, MethodRuns second, int trials, int comparisons)
    {
        GridPicks a = data.Picks(first), b = data.Picks(second);
        return new MethodComparison(first, second, trials, GridLead.Of(a, b, trials, data.Bootstrap.Clusters), comparisons, a.Curse(trials) - b.Curse(trials),
            a.Noise.Known != SeedKnowledge.None && b.Noise.Known != SeedKnowledge.None, data.Draws(first).ChanceToBeat(data.Draws(second), trials));
    }

    private static IEnumerable<SettingsComparison> ForSettings(ReportData data, IReadOnlyList<MethodRuns> methods, int pairs)
    {
        foreach ((MethodRuns first, MethodRuns second) in Pairs(methods))
        {
            (string, double)[] a = Settings(data, first), b = Settings(data, second);
            yield return SettingsLead.Of(a, b) is { Difference.Value: < 0 } ? new SettingsComparison(second, first, SettingsLead.Of(b, a), pairs)
                : new SettingsComparison(first, second, SettingsLead.Of(a, b), pairs);
        }
    }

    private static (string, double)[] Settings(ReportData data, MethodRuns method) => [.. data.GridSettings(method).Select(setting => (setting.Shared, setting.Column.Average()))];

    private static (MethodRuns First, MethodRuns Second)[] Pairs(IEnumerable<MethodRuns> methods)
    {
        MethodRuns[] ranked = [.. methods];
        return [.. ranked.SelectMany((first, i) => ranked.Skip(i + 1).Select(second => (first, second)))];
    }
}
