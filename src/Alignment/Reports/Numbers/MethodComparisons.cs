using Alignment.Evaluation;
using Alignment.Reports.Text;

namespace Alignment.Reports.Numbers;

/// <summary>Two methods compared on this grid as it stands, after as many settings each, or on average over several budgets.</summary>
/// <param name="First">The method ahead.</param>
/// <param name="Second">The other.</param>
/// <param name="Budgets">Settings tried of each, one run a setting; several: the average over them.</param>
/// <param name="Difference">What another run of the first's pick scores above another run of the second's on other prompts (<see cref="GridLead"/>).</param>
/// <param name="Comparisons">How many comparisons hold at once: the pairs, or pairs × budgets where each budget is asked.</param>
/// <param name="Curse">What picking had added to the lead (<see cref="GridPicks.Curse"/>), taken off <paramref name="Difference"/>.</param>
/// <param name="SeedsAreKnown">Something tells how much training seeds move either method; without, the lead cannot be called real.</param>
/// <param name="Chance">How often the first's pick scores higher, over random choices of settings, their seeds and prompts.</param>
internal sealed record MethodComparison(
    MethodRuns First, MethodRuns Second, IReadOnlyList<int> Budgets, Lead Difference, int Comparisons, double Curse, bool SeedsAreKnown, double Chance)
{
    /// <summary>The lead; with chance 0.95 all intervals of a sweep hold at once (Bonferroni), so 0 outside of one is a finding.</summary>
    public Estimate Lead => Difference.Interval(Confidence);

    /// <summary>p-value of "no lead", times the number of comparisons: below 0.05 where the interval leaves 0 out.</summary>
    public double CorrectedP => Math.Min(1, Difference.P * Comparisons);

    /// <summary>The least true lead that the sweep would have found with chance 0.8.</summary>
    public double Smallest => Difference.Smallest(Confidence);

    /// <summary>The pair over all budgets: a single budget is asked only where that tells the two apart. Null of that itself.</summary>
    public MethodComparison? OverAll { get; init; }

    /// <summary>The lead is outside the noise of seeds and prompts at 5 %.</summary>
    public bool IsFound => SeedsAreKnown && Lead.Low > 0 && OverAll is null or { IsFound: true };

    /// <summary>Its row in the tables.</summary>
    public string Key => $"{First.Method} − {Second.Method}, k = {string.Join(", ", Budgets.Select(trials => Digits.Fixed(trials, 0)))}";

    /// <summary>It compares these two, whichever is ahead.</summary>
    public bool IsOf(MethodRuns one, MethodRuns other) => (First == one && Second == other) || (First == other && Second == one);

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
/// On this grid the average over the budgets is asked first, and decides: a method whose settings are bad and whose best one is steady is told apart by all
/// its seeds, not by those of the best alone. Only pairs that it tells apart are asked at each budget. Where the methods are equal, the chance that any lead
/// is called real stays below 5 %, whatever is asked (closed testing: a pair's error is 5 % over the pairs at either step).
/// </summary>
/// <param name="Trials">The budgets, ascending.</param>
/// <param name="OverAll">Every pair on average over the budgets.</param>
/// <param name="AtEach">Every pair at every budget; of one budget as over all.</param>
/// <param name="ForSettingsLikeThese">Every pair.</param>
internal sealed record MethodComparisons(
    IReadOnlyList<int> Trials, IReadOnlyList<MethodComparison> OverAll, IReadOnlyList<MethodComparison> AtEach, IReadOnlyList<SettingsComparison> ForSettingsLikeThese)
{
    /// <summary>The budgets users ask for.</summary>
    public static IReadOnlyList<int> Budgets { get; } = [1, 5, 20];

    /// <summary>Compares the methods of a sweep that have finished runs.</summary>
    public static MethodComparisons Of(ReportData data)
    {
        IReadOnlyList<MethodRuns> methods = data.Finished;
        if (methods.Count == 0)
            return new MethodComparisons([], [], [], []);
        int most = methods.Min(method => data.Picks(method).Settings);
        int[] trials = [.. Budgets.Select(budget => Math.Min(budget, most)).Distinct()];
        int pairs = methods.Count * (methods.Count - 1) / 2;
        (IReadOnlyList<MethodComparison> overAll, IReadOnlyList<MethodComparison> atEach) = OnThisGrid([.. methods.Select(method => (method, data.Picks(method)))], trials,
            data.Bootstrap.Clusters, (first, second, k) => data.Draws(first).ChanceToBeat(data.Draws(second), k));
        return new MethodComparisons(trials, overAll, atEach, [.. ForSettings(data, methods, pairs)]);
    }

    /// <summary>The first question: every pair over all budgets, then at each.</summary>
    /// <param name="methods">At least one, with what they pick.</param>
    /// <param name="trials">The budgets.</param>
    /// <param name="prompts">Which prompts are one.</param>
    /// <param name="chance">How often the first's pick of as many settings scores higher than the second's.</param>
    public static (IReadOnlyList<MethodComparison> OverAll, IReadOnlyList<MethodComparison> AtEach) OnThisGrid(
        IReadOnlyList<(MethodRuns Method, GridPicks Picks)> methods, IReadOnlyList<int> trials, PromptClusters prompts, Func<MethodRuns, MethodRuns, int, double> chance)
    {
        int pairs = methods.Count * (methods.Count - 1) / 2;
        MethodComparison[] overAll = [.. At(trials, pairs)];
        return (overAll, trials.Count == 1 ? overAll : [.. trials.SelectMany(k => At([k], pairs * trials.Count)
            .Select(pair => pair with { OverAll = overAll.Single(over => over.IsOf(pair.First, pair.Second)) }))]);

        IEnumerable<MethodComparison> At(IReadOnlyList<int> budgets, int comparisons) =>
            Pairs(methods.OrderByDescending(method => method.Picks.Column(budgets).Average() - method.Picks.Curse(budgets))).Select(pair =>
            {
                ((MethodRuns first, GridPicks a), (MethodRuns second, GridPicks b)) = pair;
                return new MethodComparison(first, second, budgets, GridLead.Of(a, b, budgets, prompts), comparisons, a.Curse(budgets) - b.Curse(budgets),
                    a.Noise.Known != SeedKnowledge.None && b.Noise.Known != SeedKnowledge.None, budgets.Average(k => chance(first, second, k)));
            });
    }

    /// <summary>Every row of the tables once: over all budgets, then at each.</summary>
    public IEnumerable<MethodComparison> All => OverAll.Concat(AtEach.Where(pair => pair.OverAll != null));

    /// <summary>The methods that no other is found to be ahead of, of those compared; the leader first.</summary>
    /// <param name="pairs">Every pair of methods at one budget, or over all; the leader's come first.</param>
    public static IReadOnlyList<string> Recommended(IReadOnlyList<MethodComparison> pairs)
    {
        HashSet<MethodRuns> behind = [.. pairs.Where(pair => pair.IsFound).Select(pair => pair.Second)];
        return [.. pairs.SelectMany(pair => new[] { pair.First, pair.Second }).Distinct().Where(method => !behind.Contains(method)).Select(method => method.Method)];
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

    private static (T First, T Second)[] Pairs<T>(IEnumerable<T> methods)
    {
        T[] ranked = [.. methods];
        return [.. ranked.SelectMany((first, i) => ranked.Skip(i + 1).Select(second => (first, second)))];
    }
}
