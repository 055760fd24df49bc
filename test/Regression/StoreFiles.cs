using System.Security.Cryptography;

namespace Alignment.Tests.Regression;

/// <summary>What lies in a folder of sweeps, to be compared with another.</summary>
internal static class StoreFiles
{
    private static readonly string[] s_results = ["summary.json", "samples.jsonl", "model.safetensors", "adapter_model.safetensors", "accuracy.json"];

    /// <summary>Every file that follows from the recipe alone, as a hash of its bytes: results, responses and weights of every run and gold model, and rounds on-policy.</summary>
    public static SortedDictionary<string, string> Results(string sweeps) => new(
        Files(sweeps).Where(path => s_results.Contains(Path.GetFileName(path)) || path.Contains("/resampled/", StringComparison.Ordinal) || Path.GetFileName(Path.GetDirectoryName(path)) == "responses" || Path.GetFileName(path).StartsWith("reference-", StringComparison.Ordinal))
            .ToDictionary(path => Path.GetRelativePath(sweeps, path), path => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))), StringComparer.Ordinal);

    /// <summary>Every file and folder.</summary>
    public static string[] Names(string sweeps) => [.. Directory.EnumerateFileSystemEntries(sweeps, "*", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(sweeps, path)).Order(StringComparer.Ordinal)];

    private static IEnumerable<string> Files(string sweeps) => Directory.EnumerateFiles(sweeps, "*", SearchOption.AllDirectories);
}
