using Alignment.Files;
using Alignment.Recipes;

namespace Alignment.Sweeps;

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
            .. recipe.Policy is PolicyFolder policy ? RecipePath.Policy(recipe, options, policy).Folders : [],
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
