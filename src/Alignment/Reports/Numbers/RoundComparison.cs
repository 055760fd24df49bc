using Alignment.Evaluation;
using Alignment.Sweeps;

namespace Alignment.Reports.Numbers;

/// <summary>One method on the data's own pairs and on those of a round on-policy, after as many settings each.</summary>
/// <param name="Offline">The method's runs on the data's own pairs.</param>
/// <param name="OnPolicy">Its runs on the sampled pairs.</param>
/// <param name="Budgets">Settings tried of each; the lead is the average over them.</param>
/// <param name="Difference">What another run of the pick on-policy scores above another run of the pick offline, on other prompts (<see cref="GridLead"/>).</param>
/// <param name="Methods">How many methods are compared: all intervals hold at once with chance 0.95 (Bonferroni).</param>
/// <param name="SeedsAreKnown">Something tells how much training seeds move either; without, the lead cannot be called real.</param>
internal sealed record RoundComparison(MethodRuns Offline, MethodRuns OnPolicy, IReadOnlyList<int> Budgets, Lead Difference, int Methods, bool SeedsAreKnown)
{
    /// <summary>The lead of the round on-policy.</summary>
    public Estimate Lead => Difference.Interval(1 - 0.05 / Methods);

    /// <summary>1: the round on-policy is ahead, −1: the data's own pairs are, beyond the noise of seeds and prompts; 0: not told apart.</summary>
    public int Ahead => !SeedsAreKnown ? 0 : Lead.Low > 0 ? 1 : Lead.High < 0 ? -1 : 0;

    /// <summary>Every method that has finished runs in both; the budgets are those that both have.</summary>
    /// <param name="data">The sweep.</param>
    public static IReadOnlyList<RoundComparison> Of(ReportData data)
    {
        if (data.OnPolicy is not { } round)
            return [];
        (MethodRuns Offline, MethodRuns OnPolicy)[] both = [.. data.Finished.Join(round.Finished, method => method.Method, method => method.Method, (offline, sampled) => (offline, sampled))];
        return [.. both.Select(method => Of(data, round, method.Offline, method.OnPolicy, both.Length))];
    }

    private static RoundComparison Of(ReportData data, ReportData round, MethodRuns offline, MethodRuns onPolicy, int methods)
    {
        (GridPicks a, GridPicks b) = (round.Picks(onPolicy), data.Picks(offline));
        int most = Math.Min(a.Settings, b.Settings);
        int[] budgets = [.. MethodComparisons.Budgets.Select(budget => Math.Min(budget, most)).Distinct()];
        return new(offline, onPolicy, budgets, GridLead.Of(a, b, budgets, data.Bootstrap.Clusters), methods,
            a.Noise.Known != SeedKnowledge.None && b.Noise.Known != SeedKnowledge.None);
    }

    /// <summary>What the runs on the sampled pairs know of these; null where none has finished.</summary>
    public static ResampleFacts? Facts(ReportData data) => data.OnPolicy?.Sweep.Runs.Select(run => run.Facts.Data?.Resampled).FirstOrDefault(facts => facts != null);

    /// <summary>How many pairs the other runs train on; null where they do not say.</summary>
    public static int? OfflinePairs(ReportData data) => data.Sweep.Runs.Select(run => run.Facts.Data?.TrainingPairs).FirstOrDefault(pairs => pairs > 0);
}
