using Alignment.Recipes;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Harness;

/// <summary>
/// Every grid point as a test case with its values as properties: --filter "TestCategory=Sweep&amp;Method=SimPO&amp;Gamma=1.2". Which points a search runs is not
/// known beforehand: its cases are "run 3 of 12", have the values of all settings that the filter selects, and the search picks from these.
/// </summary>
internal static class SweepCases
{
    /// <summary>SFT points, then this shard's points of each method; one case that fails where there is no grid or the filter selects nothing of it.</summary>
    public static IEnumerable<TestCaseData> Points()
    {
        return Found() is not { } recipe ? [Standing()] : recipe.Search == null ? [.. Of(recipe).Select(Case)]
            : [.. Grid.SftPoints(recipe).Select(Case), .. Searched(recipe)];
    }

    // a shard has its positions of every round
    private static IEnumerable<TestCaseData> Searched(Recipe recipe)
    {
        GridPoint[] settings = [.. Grid.Settings(recipe).Where(point => GridFilter.Given.Selects(Values(point)))];
        IEnumerable<TestCaseData> single = OfShard(recipe.Runs).Select(Case);
        if (settings.Length == 0)
            return single;
        var search = new SweepSearch(recipe, settings);
        IEnumerable<int> numbers = search.Positions.Index().Where(run => run.Item % SweepParameters.Shard.Count == SweepParameters.Shard.Index - 1).Select(run => run.Index + 1);
        return numbers.Select(number => SweepSearch.Unknown(recipe, number, search.Runs))
            .Select(run => With(new TestCaseData(run).SetArgDisplayNames(run.Slug), settings.SelectMany(Values).Distinct()))
            .Concat(single);
    }

    /// <summary>The points as one case; it carries every value of the grid, so that each filter by a value selects it too.</summary>
    public static IEnumerable<TestCaseData> Report()
    {
        Recipe? recipe = Found();
        string name = recipe?.Name ?? "start";
        var report = new TestCaseData(name).SetArgDisplayNames(name);
        yield return With(report, recipe == null ? GridFilter.Given.Wanted : Grid.PreferencePoints(recipe).SelectMany(Values).Distinct());
    }

    /// <summary>What this process was asked to run: points, or a search's runs by their numbers.</summary>
    public static IReadOnlyList<GridPoint> Runs(Recipe recipe) =>
        recipe.Search == null ? Selected(recipe) : [.. Points().Select(run => (GridPoint)run.Arguments[0]!)];

    /// <summary>The points that this process was asked to run.</summary>
    /// <exception cref="ArgumentException">The filter selects none; the message lists the values there are.</exception>
    public static IReadOnlyList<GridPoint> Selected(Recipe recipe)
    {
        IReadOnlyList<GridPoint> all = Of(recipe);
        return GridFilter.Given.Unmet([.. all.Select(Values)]) is { } unmet ? throw new ArgumentException(unmet) : [.. all.Where(point => GridFilter.Given.Selects(Values(point)))];
    }

    // null where there is no grid, or nothing of it is selected: the fixture meets the same fault and tells it
    private static Recipe? Found()
    {
        try
        {
            Recipe recipe = SweepParameters.Load();
            _ = Selected(recipe);
            return recipe;
        }
        catch (Exception e) when (SweepFaults.Explains(e))
        {
            return null;
        }
    }

    private static IReadOnlyList<GridPoint> Of(Recipe recipe) => [.. Grid.SftPoints(recipe), .. recipe.Search == null
        ? OfShard(Grid.PreferencePoints(recipe)) : Grid.Settings(recipe).Concat(recipe.Runs)];

    // a training and its averages stay together
    private static IEnumerable<GridPoint> OfShard(IEnumerable<GridPoint> points) =>
        SweepParameters.Shard.Of(points.GroupBy(point => Grid.Trained(point).Slug)).SelectMany(training => training);

    private static TestCaseData With(TestCaseData data, IEnumerable<KeyValuePair<string, string>> values)
    {
        foreach (var (name, value) in values)
            data.Properties.Add(name, value);
        return data;
    }

    // stands for all cases: whatever values the filter wants, it has them
    private static TestCaseData Standing()
    {
        TestCaseData data = new TestCaseData(new GridPoint("none", "start", [])).SetArgDisplayNames("start");
        foreach (var (name, value) in GridFilter.Given.Wanted)
            data.SetProperty(name, value);
        return data;
    }

    private static TestCaseData Case(GridPoint point)
    {
        TestCaseData data = new TestCaseData(point).SetArgDisplayNames(point.Slug);
        foreach (var (name, value) in Values(point))
            data.SetProperty(name, value);
        return data;
    }

    private static IReadOnlyCollection<KeyValuePair<string, string>> Values(GridPoint point) =>
        [new("Method", point.Method), .. point.Parameters, .. point.OnPolicy ? [new("Pairs", "on-policy")] : Array.Empty<KeyValuePair<string, string>>()];
}
