using System.Text.Json;
using Alignment.Files;
using Alignment.Recipes;

namespace Alignment.Sweeps;

/// <summary>
/// Run ids from content: a readable slug and a hash of everything that decides the result. The same point of the same recipe on the same data has
/// the same id in every process; points added to a grid leave the others' ids as they are, but a preference run's id holds the whole SFT grid,
/// because that decides which model it starts from.
/// </summary>
/// <param name="recipe">The recipe.</param>
/// <param name="data">Fingerprint of the data.</param>
/// <param name="models">Fingerprint of the policy's and gold model's folders, empty where neither is one.</param>
public sealed class RunIdentity(Recipe recipe, string data, string models)
{
    // raised when code changes what a recipe computes
    private const int Version = 1;
    private const int HashDigits = 10;

    /// <summary>The id of a grid point.</summary>
    public string Of(GridPoint point)
    {
        bool sft = point.Method == Grid.Sft;
        object content = new
        {
            Version,
            recipe.Seed,
            Policy = (object)(sft ? recipe.Policy with { Lora = null } : recipe.Policy), // SFT trains all weights
            Gold = (object)recipe.Gold,
            Data = data,
            Models = models,
            recipe.Generation,
            recipe.TestPrompts,
            Sft = recipe.Sft.Training,
            SftGrid = sft ? null : Grid.SftPoints(recipe).Select(start => start.Slug),
            Grid.Stage(recipe, point).Training,
            point.Method,
            point.Parameters,
        };
        return $"{point.Slug}-{Fingerprint.Of(JsonSerializer.Serialize(content), HashDigits)}";
    }
}

/// <summary>
/// Tells model folders apart without reading gigabytes: names and sizes of all files, the content of the small ones, and the first and last
/// mebibyte of the large ones.
/// </summary>
internal static class ModelFingerprint
{
    private const int Sample = 1 << 20;

    /// <summary>Of the folders a recipe names, or the empty string where it names none.</summary>
    public static string Of(Recipe recipe, SweepOptions options)
    {
        IEnumerable<string> folders =
        [
            .. recipe.Policy is PolicyFolder policy ? [RecipePath.Find(recipe, options, policy.Folder, "policy.folder")] : Array.Empty<string>(),
            .. recipe.Gold is GoldFolder gold ? [RecipePath.Find(recipe, options, gold.Folder, "gold.folder")] : Array.Empty<string>(),
        ];
        return string.Join('+', folders.Select(Of));
    }

    /// <summary>Of one folder; its name does not matter.</summary>
    public static string Of(string folder)
    {
        using var content = new Fingerprint();
        foreach (string path in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
        {
            using FileStream file = File.OpenRead(path);
            content.Add(Path.GetFileName(path)).Add(file.Length);
            foreach ((long start, long length) in Read(file.Length))
                content.Add(file, start, length);
        }

        return content.Hex();
    }

    // the parts of a file that are read
    private static (long Start, long Length)[] Read(long file) => file <= Sample ? [(0, file)]
        : [(0, Sample), (Math.Max(Sample, file - Sample), Math.Min(Sample, file - Sample))];
}
