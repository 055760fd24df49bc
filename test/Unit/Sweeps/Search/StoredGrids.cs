using System.Runtime.CompilerServices;
using System.Text.Json;
using Alignment.Recipes;
using Alignment.Sweeps.Search;

namespace Alignment.Tests.Unit.Sweeps.Search;

/// <summary>The grids whose numbers are in the repository.</summary>
internal static class StoredGrids
{
    public static string PathOf(string name) => Path.GetFullPath(Path.Combine(Here(), "../../../Regression/Grids", name));

    /// <summary>What a plain reference of the rule does on the first of them, without noise.</summary>
    public static JsonElement Expected { get; } = JsonDocument.Parse(File.ReadAllText(PathOf("expected-searches.json"))).RootElement;

    /// <summary>Its 64 settings.</summary>
    public static SearchSpace Space { get; } = SearchSpace.Of(Settings(ScoreTable.Read(PathOf("world.json"))));

    /// <summary>[64] mean scores.</summary>
    public static double[] Means { get; } = [.. Expected.GetProperty("means").EnumerateArray().Select(mean => mean.GetDouble())];

    private static IReadOnlyList<GridPoint> Settings(ScoreTable table) => [.. table.Runs.Select(run => run.Point).Where(point => point.Parameters[^1].Value == "1")];

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
