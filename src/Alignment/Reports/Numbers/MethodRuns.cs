using Alignment.Evaluation;
using Alignment.Recipes;
using Alignment.Sweeps;

namespace Alignment.Reports.Numbers;

/// <summary>The finished runs of one method, best first (<see cref="TopFraction"/>); empty where none has finished.</summary>
/// <param name="Method">"DPO", "LN-DPO", "SimPO", ….</param>
/// <param name="Ranked">By mean score, highest first; equal scores by ordinal comparison of the run id.</param>
public sealed record MethodRuns(string Method, IReadOnlyList<StoredRun> Ranked)
{
    /// <summary>The run of the highest mean score, or null.</summary>
    public StoredRun? Best => Ranked.Count > 0 ? Ranked[0] : null;

    /// <summary>The paper's best-75 % run (<see cref="TopFraction.BestOfThreeQuarters"/>), or null.</summary>
    public StoredRun? BestOfThreeQuarters => Ranked.Count > 0 ? TopFraction.BestOfThreeQuarters(Ranked) : null;

    /// <summary>[runs] the mean score of every run, best first.</summary>
    public double[] MeanScores => [.. Ranked.Select(run => run.Summary.MeanScore.Value)];

    /// <summary>Mean wall time of a run: training, generation and scoring, seconds; not a number where imported results do not say.</summary>
    public double SecondsPerRun => Ranked.Average(run => run.Facts.TrainingSeconds + run.Facts.EvaluationSeconds);

    /// <summary>The methods of <paramref name="sweep"/> in grid order, also those of which every run is missing.</summary>
    public static IReadOnlyList<MethodRuns> Of(StoredSweep sweep)
    {
        IEnumerable<string> methods = sweep.Runs.Select(run => run.Point.Method).Concat(sweep.Missing.Select(run => run.Point.Method)).Distinct();
        return
        [
            .. methods.Where(method => method != "SFT").OrderBy(PaperOrder).Select(method => new MethodRuns(
                method,
                TopFraction.Ranked(sweep.Runs.Where(run => run.Point.Method == method), run => run.Summary.MeanScore.Value, run => run.Id))),
        ];
    }

    // the paper's order first, then the grid's: a stable sort keeps it
    private static int PaperOrder(string method) => method switch { "DPO" => 0, "LN-DPO" => 1, "SimPO" => 2, _ => 3 };
}

/// <summary>The runs of one method that differ in nothing but their seed.</summary>
/// <param name="Name">The slug without the seed.</param>
/// <param name="Parameters">Name and spelling of every hyperparameter but the seed.</param>
/// <param name="Runs">At least one.</param>
public sealed record Setting(string Name, IReadOnlyList<KeyValuePair<string, string>> Parameters, IReadOnlyList<StoredRun> Runs)
{
    /// <summary>Mean over its seeds of the runs' mean scores.</summary>
    public double Score => Runs.Average(run => run.Summary.MeanScore.Value);
}

/// <summary>The settings of a method: where a recipe repeats seeds, several runs are one setting.</summary>
public static class MethodSettings
{
    /// <summary>The settings of <paramref name="method"/> by score, highest first; equal ones by name.</summary>
    public static IReadOnlyList<Setting> Of(MethodRuns method) =>
    [
        .. method.Ranked.GroupBy(run => string.Join(' ', WithoutSeed(run).Select(parameter => $"{parameter.Key}={parameter.Value}")), StringComparer.Ordinal)
            .Select(runs => new Setting(Name(runs.First()), WithoutSeed(runs.First()), [.. runs]))
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

    private static List<KeyValuePair<string, string>> WithoutSeed(StoredRun run) => [.. run.Point.Parameters.Where(parameter => parameter.Key != Grid.Seed)];

    // repetitions end in their seed
    private static string Name(StoredRun run) => run.Point.Parameters.FirstOrDefault(parameter => parameter.Key == Grid.Seed).Value is { } seed
        && run.Point.Slug.EndsWith($"-s{seed}", StringComparison.Ordinal) ? run.Point.Slug[..^(seed.Length + 2)] : run.Point.Slug;
}
