using System.Security.Cryptography;
using System.Text;
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
            .. recipe.Policy is PolicyFolder policy ? [RecipePath.Find(recipe, options, policy.Folder, "policy.folder")] : Array.Empty<string>(),
            .. recipe.Gold is GoldFolder gold ? [RecipePath.Find(recipe, options, gold.Folder, "gold.folder")] : Array.Empty<string>(),
        ];
        return string.Join('+', folders.Select(Of));
    }

    /// <summary>Of one folder; its name does not matter.</summary>
    public static string Of(string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string path in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
        {
            using FileStream file = File.OpenRead(path);
            hash.AppendData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{Path.GetFileName(path)} {file.Length}\0")));
            Append(hash, file, 0);
            if (file.Length > Sample)
                Append(hash, file, Math.Max(Sample, file.Length - Sample));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, FileStream file, long start)
    {
        byte[] part = new byte[Math.Min(Sample, file.Length - start)];
        file.Position = start;
        file.ReadExactly(part);
        hash.AppendData(part);
    }
}
