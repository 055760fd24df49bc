using Alignment.Recipes;
using NUnit.Framework;

namespace Alignment.Harness;

/// <summary>Every grid point as a test case with its values as properties: --filter "TestCategory=Sweep&amp;Method=SimPO&amp;Gamma=1.2".</summary>
internal static class SweepCases
{
    /// <summary>SFT points, then this shard's points of each method.</summary>
    public static IEnumerable<TestCaseData> Points()
    {
        Recipe recipe = SweepParameters.Load();
        return Grid.SftPoints(recipe).Concat(SweepParameters.Shard.Of(Grid.PreferencePoints(recipe))).Select(Case);
    }

    // the report carries every value of the grid, so that each filter by a value selects it too
    public static IEnumerable<TestCaseData> Report()
    {
        Recipe recipe = SweepParameters.Load();
        var report = new TestCaseData(recipe.Name).SetArgDisplayNames(recipe.Name);
        foreach (var (name, value) in Grid.PreferencePoints(recipe).SelectMany(Properties).Distinct())
            report.Properties.Add(name, value);
        yield return report;
    }

    private static TestCaseData Case(GridPoint point)
    {
        TestCaseData data = new TestCaseData(point).SetArgDisplayNames(point.Slug);
        foreach (var (name, value) in Properties(point))
            data.SetProperty(name, value);
        return data;
    }

    private static IEnumerable<KeyValuePair<string, string>> Properties(GridPoint point) => [new("Method", point.Method), .. point.Parameters];
}
