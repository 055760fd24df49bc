using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.Files;
using Alignment.Recipes;

namespace Alignment.Sweeps;

/// <summary>recipe.json, the recipe as a sweep's folder last ran it, and next.json, the same with further runs: both are recipes that can be run from where they are.</summary>
internal static class StoredRecipe
{
    /// <summary>The further runs' recipe.</summary>
    public const string Next = "next.json";

    private const string Name = "recipe.json", Runs = "runs", Paths = "paths";
    private static readonly JsonDocumentOptions s_read = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
    private static readonly JsonSerializerOptions s_write = new() { WriteIndented = true };

    /// <summary>Leaves the recipe in a sweep's folder; its relative paths start where they did.</summary>
    public static void Write(string folder, Recipe recipe)
    {
        JsonObject json = Parse(recipe.Text);
        json[Paths] = recipe.PathsFolder;
        AtomicFile.WriteText(Path.Combine(folder, Name), json.ToJsonString(s_write) + "\n");
    }

    /// <summary>The recipe of a sweep's folder; null where it has none, as one of imported results.</summary>
    /// <exception cref="RecipeException">It is damaged.</exception>
    public static Recipe? Read(string folder)
    {
        string path = Path.Combine(folder, Name);
        return File.Exists(path) ? RecipeFile.Parse(File.ReadAllText(path), path) : null;
    }

    /// <summary>The text of next.json: a recipe with further runs.</summary>
    /// <param name="recipe">As <see cref="Read"/> gave it.</param>
    /// <param name="runs">Points of its methods.</param>
    public static string WithRuns(Recipe recipe, IReadOnlyList<GridPoint> runs)
    {
        JsonObject json = Parse(recipe.Text);
        if (json[Runs] is not JsonArray all)
            json[Runs] = all = [];
        foreach (GridPoint run in runs)
            all.Add((JsonNode)Of(recipe, run));
        return json.ToJsonString(s_write) + "\n";
    }

    private static JsonObject Of(Recipe recipe, GridPoint run)
    {
        var json = new JsonObject { ["method"] = run.Method };
        string[] names = [.. recipe.Methods.First(grid => grid.Method == run.Method).Axes.Select(axis => axis.Key), Grid.LearningRate.Name, Grid.Epochs.Name, Grid.Seed];
        foreach (var (name, spelling) in run.Parameters.Where(parameter => names.Contains(parameter.Key)))
            json[Methods.Parameter(name)?.Key ?? Grid.OfSeed.Key] = JsonNode.Parse(spelling);
        return json;
    }

    private static JsonObject Parse(string text) => JsonNode.Parse(text, documentOptions: s_read)!.AsObject();
}
