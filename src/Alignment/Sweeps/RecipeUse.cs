using System.Text.Json;
using System.Text.Json.Serialization;
using Alignment.Files;
using Alignment.Recipes;

namespace Alignment.Sweeps;

/// <summary>
/// used/RECIPE.json: which of a sweep folder's runs, weights, responses and gold models a recipe's file asks for. It is written anew when the
/// file has changed, so what a former text asked for is nobody's from then on; several recipes of one name have a file each.
/// </summary>
/// <param name="Recipe">Full path of the recipe.</param>
/// <param name="Gold">The folder of the gold model it has trained; null where it trains none.</param>
/// <param name="Names">Of every grid point by every judge.</param>
internal sealed record RecipeUse(string Recipe, string? Gold, IReadOnlyList<RunNames> Names)
{
    /// <summary>The folders of further gold models it has trained.</summary>
    public IReadOnlyList<string> FurtherGolds { get; init; } = [];

    /// <summary>Its judges' scores of the test set's own responses, files in judges/; null: the file was written before they were told.</summary>
    public IReadOnlyList<string>? Judged { get; init; }

    /// <summary>The folders in resampled/ of its round on-policy; null where it has none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Resampled { get; init; }

    /// <summary>The folders of all gold models it has trained.</summary>
    [JsonIgnore]
    public IEnumerable<string> Golds => FurtherGolds.Prepend(Gold).OfType<string>();

    private const int PathDigits = 6;
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>What a recipe asks for.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="identity">Its names.</param>
    /// <param name="start">The weights that preference runs start from.</param>
    public static RecipeUse Of(Recipe recipe, RunIdentity identity, string start)
    {
        string[] golds = [.. recipe.AllJudges.Index().Where(judge => judge.Item is TrainedGold).Select(judge => identity.Judge(judge.Index))];
        return new(recipe.File, golds.FirstOrDefault(), [.. recipe.Judges.Index().SelectMany(judge => Of(recipe, identity, start, judge.Index))])
        {
            FurtherGolds = [.. golds.Skip(1)],
            Judged = [.. Enumerable.Range(0, recipe.AllJudges.Count).Select(identity.JudgedPairs)],
            Resampled = recipe.Resample == null ? null : [identity.Resampled(start).Responses],
        };
    }

    /// <summary>The names of all grid points as one judge scores them.</summary>
    public static IEnumerable<RunNames> Of(Recipe recipe, RunIdentity identity, string start, int judge) =>
        [.. Grid.SftPoints(recipe).Select(point => identity.Of(point, null, judge)), .. Grid.PreferencePoints(recipe).Select(point => identity.Of(point, start, judge))];

    /// <summary>Writes the file into a sweep's folder, where it says anything else.</summary>
    public void Write(string sweep)
    {
        string path = PathIn(sweep), text = JsonSerializer.Serialize(this, s_json) + "\n";
        if (File.Exists(path) && File.ReadAllText(path) == text)
            return;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        AtomicFile.WriteText(path, text);
    }

    /// <summary>Of all recipes that have used a sweep's folder.</summary>
    /// <exception cref="InvalidDataException">A file is damaged.</exception>
    public static IReadOnlyList<RecipeUse> All(string sweep)
    {
        string folder = Path.Combine(sweep, "used");
        return Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal).Select(Read)] : [];
    }

    /// <summary>Where it stands.</summary>
    public string PathIn(string sweep) =>
        Path.Combine(sweep, "used", $"{Path.GetFileNameWithoutExtension(Recipe)}-{Fingerprint.Of(Recipe, PathDigits)}.json");

    private static RecipeUse Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<RecipeUse>(File.ReadAllText(path), s_json) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: not a list of what a recipe asks for; delete it and run the recipe's sweep once, it is written anew", e);
        }
    }
}
