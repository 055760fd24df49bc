using Alignment.Reports.Numbers;

namespace Alignment.Reports.Compare;

/// <summary>A setting that two sweeps tried.</summary>
/// <param name="Name">The slug without the seed.</param>
/// <param name="Method">Its method.</param>
/// <param name="FirstScore">Mean score over its seeds in the first sweep.</param>
/// <param name="SecondScore">In the second.</param>
/// <param name="FirstRank">Rank among the shared settings of the method in the first sweep; equal scores share the mean of their ranks.</param>
/// <param name="SecondRank">In the second.</param>
internal sealed record SharedSetting(string Name, string Method, double FirstScore, double SecondScore, double FirstRank, double SecondRank);

/// <summary>The settings of a method that two sweeps tried, the first's best on top.</summary>
internal static class SharedSettings
{
    /// <summary>The settings of equal name in both.</summary>
    public static IReadOnlyList<SharedSetting> Of(MethodRuns first, MethodRuns second)
    {
        Dictionary<string, Setting> others = MethodSettings.Of(second).ToDictionary(setting => setting.Name);
        (Setting First, Setting Second)[] both = [.. MethodSettings.Of(first).Where(setting => others.ContainsKey(setting.Name)).Select(setting => (setting, others[setting.Name]))];
        double[] firstRanks = Ranks([.. both.Select(pair => pair.First.Score)]), secondRanks = Ranks([.. both.Select(pair => pair.Second.Score)]);
        return [.. both.Select((pair, i) => new SharedSetting(pair.First.Name, first.Method, pair.First.Score, pair.Second.Score, firstRanks[i], secondRanks[i]))];
    }

    /// <summary>Spearman's rank correlation (1904), −1 … 1; not a number where all scores of a sweep are equal.</summary>
    public static double RankCorrelation(IReadOnlyList<SharedSetting> shared)
    {
        double mean = (shared.Count + 1) / 2.0;
        double both = shared.Sum(setting => (setting.FirstRank - mean) * (setting.SecondRank - mean));
        double first = shared.Sum(setting => (setting.FirstRank - mean) * (setting.FirstRank - mean));
        double second = shared.Sum(setting => (setting.SecondRank - mean) * (setting.SecondRank - mean));
        return both / Math.Sqrt(first * second);
    }

    // 1 for the highest score
    private static double[] Ranks(double[] scores) =>
        [.. scores.Select(score => scores.Count(other => other > score) + (scores.Count(other => other == score) + 1) / 2.0)];
}
