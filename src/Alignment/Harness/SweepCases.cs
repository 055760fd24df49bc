using Alignment.Recipes;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Harness;

/// <summary>Every grid point as a test case with its values as properties: --filter "TestCategory=Sweep&amp;Method=SimPO&amp;Gamma=1.2".</summary>
internal static class SweepCases
{
    /// <summary>SFT points, then this shard's points of each method; one case that fails where there is no grid or the filter selects nothing of it.</summary>
    public static IEnumerable<TestCaseData> Points()
    {
        return Found() is { } recipe ? [.. Of(recipe).Select(Case)] : [Standing()];
    }

    /// <summary>The points as one case; it carries every value of the grid, so that each filter by a value selects it too.</summary>
    public static IEnumerable<TestCaseData> Report()
    {
        Recipe? recipe = Found();
        string name = recipe?.Name ?? "start";
        var report = new TestCaseData(name).SetArgDisplayNames(name);
        foreach (var (key, value) in recipe == null ? GridFilter.Given.Wanted : Grid.PreferencePoints(recipe).SelectMany(Values).Distinct())
            report.Properties.Add(key, value);
        yield return report;
    }

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

    private static IReadOnlyList<GridPoint> Of(Recipe recipe) => [.. Grid.SftPoints(recipe), .. SweepParameters.Shard.Of(Grid.PreferencePoints(recipe))];

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

    private static IReadOnlyCollection<KeyValuePair<string, string>> Values(GridPoint point) => [new("Method", point.Method), .. point.Parameters];
}
