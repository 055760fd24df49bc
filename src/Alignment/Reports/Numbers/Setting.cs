using Alignment.Recipes;
using Alignment.Sweeps;

namespace Alignment.Reports.Numbers;

/// <summary>The runs of one method that differ in nothing but their seed.</summary>
/// <param name="Name">The slug without the seed.</param>
/// <param name="Parameters">Name and spelling of every hyperparameter but the seed.</param>
/// <param name="Runs">At least one.</param>
internal sealed record Setting(string Name, IReadOnlyList<KeyValuePair<string, string>> Parameters, IReadOnlyList<StoredRun> Runs)
{
    /// <summary>Mean over its seeds of the runs' mean scores.</summary>
    public double Score => Runs.Average(run => run.Summary.MeanScore.Value);
}

/// <summary>The settings of a method: where a recipe repeats seeds, several runs are one setting.</summary>
internal static class MethodSettings
{
    /// <summary>The settings of <paramref name="method"/> by score, highest first; equal ones by name.</summary>
    public static IReadOnlyList<Setting> Of(MethodRuns method) =>
    [
        .. method.Ranked.GroupBy(run => string.Join(' ', run.Point.WithoutSeed().Parameters.Select(parameter => $"{parameter.Key}={parameter.Value}")), StringComparer.Ordinal)
            .Select(runs => new Setting(runs.First().Point.WithoutSeed().Slug, runs.First().Point.WithoutSeed().Parameters, [.. runs]))
            .OrderByDescending(setting => setting.Score).ThenBy(setting => setting.Name, StringComparer.Ordinal),
    ];

    /// <summary>
    /// The hyperparameters of which a method's runs have several values. Of γ and γ/β, which follow from each other, the one with fewer values
    /// is the recipe's own.
    /// </summary>
    public static IReadOnlyList<string> Varied(MethodRuns method)
    {
        var values = method.Ranked.SelectMany(run => run.Point.Parameters).Where(parameter => parameter.Key != Grid.Seed)
            .GroupBy(parameter => parameter.Key, parameter => parameter.Value).ToDictionary(all => all.Key, all => all.Distinct().Count());
        foreach ((string whole, int wholes) in values.ToArray())
            if (Methods.OverBeta(whole) is { } ratio && values.TryGetValue(ratio, out int ratios))
                values.Remove(ratios < wholes ? whole : ratio);
        return [.. values.Where(value => value.Value > 1).Select(value => value.Key)];
    }
}
