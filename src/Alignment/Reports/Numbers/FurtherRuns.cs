using System.Globalization;
using Alignment.Evaluation;
using Alignment.Files;
using Alignment.Recipes;
using Alignment.Sweeps;
using Alignment.Sweeps.Search;

namespace Alignment.Reports.Numbers;

/// <summary>A run that may decide what is open.</summary>
/// <param name="Point">What to train.</param>
/// <param name="Kind">In a few words.</param>
/// <param name="Effect">What it may change.</param>
internal sealed record FurtherRun(GridPoint Point, string Kind, NextRun Effect);

/// <summary>The runs with the largest expected effect on the answer: settings not run yet, settings just beyond an edge of the grid, other seeds of the leaders.</summary>
internal static class FurtherRuns
{
    // of these at most another seed may tell something
    private const int Leaders = 5, NoiseRuns = 8;

    /// <summary>Two to four; none of a sweep with less than two finished runs.</summary>
    /// <param name="data">The sweep.</param>
    /// <param name="recipe">Says what else its grids hold; null: only what the store knows.</param>
    public static IReadOnlyList<FurtherRun> Of(ReportData data, Recipe? recipe)
    {
        StoredRun[] trained = [.. data.Sweep.Runs.Where(run => !run.Point.IsAverage)]; // averages come of them
        if (trained.Length < 2)
            return [];
        ILookup<string, StoredRun> bySetting = trained.ToLookup(run => Key(run.Point));
        GridPoint[] seen = [.. bySetting.Select(runs => runs.First().Point.WithoutSeed())];
        (GridPoint Point, double Score)[] behind = [.. data.Sweep.Stopped.Where(run => !run.Run.Point.IsAverage).Select(run => (run.Run.Point.WithoutSeed(), run.Score()))
            .Where(run => !bySetting.Contains(Key(run.Item1)))];
        HashSet<string> tried = [.. bySetting.Select(runs => runs.Key), .. behind.Select(run => Key(run.Point)), .. data.Sweep.Missing.Where(run => run.Error != null).Select(run => Key(run.Point))];
        GridPoint[] grid = [.. data.Sweep.Missing.Select(run => run.Point).Concat(recipe == null ? [] : Grid.Settings(recipe))
            .Where(point => !point.IsAverage && !tried.Contains(Key(point))).DistinctBy(Key)];
        GridPoint[] beyond = recipe == null ? [] : [.. Bests(data).SelectMany(best => Beyond(recipe, best, [.. seen.Concat(grid).Where(point => point.Method == best.Method)])).DistinctBy(Key)];
        SearchSpace space = SearchSpace.Of([.. seen, .. grid.Select(point => point.WithoutSeed()), .. beyond, .. behind.Select(run => run.Point)]);
        int last = seen.Length + grid.Length + beyond.Length;
        int[] points = [.. bySetting.SelectMany((runs, index) => runs.Select(_ => index)), .. behind.Select((_, index) => last + index)];
        double[] scores = [.. bySetting.SelectMany(runs => runs).Select(run => run.Summary.MeanScore.Value), .. behind.Select(run => run.Score)];
        double noise = Noise(data);
        int[] leaders = [.. SearchRule.Leaders(space, points, scores, noise).Where(point => point < seen.Length).Take(Leaders)];
        IReadOnlyList<NextRun> next = NextRuns.Of(space, points, scores, noise, [.. leaders, .. Enumerable.Range(seen.Length, last - seen.Length)]);
        return [.. next.Select(run => run.Point < seen.Length ? new FurtherRun(Again(data, recipe, [.. bySetting[Key(seen[run.Point])]]), "another seed", run)
            : run.Point < seen.Length + grid.Length ? new FurtherRun(grid[run.Point - seen.Length], "a setting of the grid", run)
            : new FurtherRun(space.Points[run.Point], "beyond the edge of the grid", run))];
    }

    /// <summary>Variance of a mean score between runs of one setting: over prompts, or as repeated settings of the better half show it, whichever is larger.</summary>
    public static double Noise(ReportData data)
    {
        StoredRun[] best = [.. data.Sweep.Runs.OrderByDescending(run => run.Summary.MeanScore.Value).Take(NoiseRuns)];
        return Math.Max(PromptNoise.Of([.. best.Select(run => data.Columns(run).Score)]), Repeats(data) ?? 0);
    }

    /// <summary>Variance of mean scores between seeds of one setting, pooled over the better half of the repeated settings; null where none is repeated.</summary>
    public static double? Repeats(ReportData data)
    {
        double[][] repeated = [.. data.Sweep.Runs.GroupBy(run => Key(run.Point)).Select(runs => runs.Select(run => run.Summary.MeanScore.Value).ToArray())
            .Where(scores => scores.Length > 1).OrderByDescending(scores => scores.Average())];
        repeated = repeated[..((repeated.Length + 1) / 2)];
        return repeated.Length == 0 ? null : repeated.Sum(Distribution.Squares) / repeated.Sum(scores => scores.Length - 1);
    }

    private static IEnumerable<GridPoint> Bests(ReportData data) => data.Finished.Select(method => Grid.Trained(method.Best!.Point).WithoutSeed());

    // the next value beyond each edge that the best setting lies on, as far away as its neighbour is
    private static IEnumerable<GridPoint> Beyond(Recipe recipe, GridPoint best, GridPoint[] own)
    {
        if (recipe.Methods.FirstOrDefault(grid => grid.Method == best.Method) is not { } method)
            yield break;
        string[] axes = [.. method.Axes.Select(axis => axis.Key), Grid.LearningRate.Name, Grid.Epochs.Name];
        PointValues at = PointValues.Of(best);
        foreach (string axis in axes)
        {
            double[] values = [.. own.Select(point => PointValues.Of(point)[axis]).Distinct().Order()];
            if (values.Length < 2 || (at[axis] != values[0] && at[axis] != values[^1]))
                continue;
            (double edge, double neighbour) = at[axis] == values[0] ? (values[0], values[1]) : (values[^1], values[^2]);
            double next = edge > 0 && neighbour > 0 && !Methods.Parameter(axis)!.Rule.Whole ? edge * edge / neighbour : 2 * edge - neighbour;
            string spelling = next.ToString("G3", CultureInfo.InvariantCulture).Replace("E-0", "e-", StringComparison.Ordinal).Replace("E", "e", StringComparison.Ordinal);
            if (Methods.Parameter(axis)!.Rule.Allows(next))
                yield return Grid.Point(best.Method, [.. axes.Select(name => KeyValuePair.Create(name, name == axis ? Spell(spelling) : Spell(best.Spelling(name)!)))]);
        }
    }

    private static Spelled Spell(string text) => new(double.Parse(text, CultureInfo.InvariantCulture), text);

    private static GridPoint Again(ReportData data, Recipe? recipe, StoredRun[] runs)
    {
        ulong first = recipe?.Seed ?? data.Sweep.Seed;
        string seed = (runs.Max(run => run.Point.Spelling(Grid.Seed) is { } text ? ulong.Parse(text, CultureInfo.InvariantCulture) : first) + 1).ToString(CultureInfo.InvariantCulture);
        GridPoint setting = runs[0].Point.WithoutSeed();
        return new(setting.Method, $"{setting.Slug}-s{seed}", [.. setting.Parameters, new(Grid.Seed, seed)]);
    }

    private static string Key(GridPoint point) => $"{point.Method} {string.Join(' ', point.WithoutSeed().Parameters)}";
}
