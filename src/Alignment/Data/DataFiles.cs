using System.Text.RegularExpressions;

namespace Alignment.Data;

/// <summary>The files that a path to preference data stands for: one, those of a folder, or those that a pattern matches.</summary>
internal static class DataFiles
{
    /// <summary>What can be read, in words.</summary>
    public const string Kinds = "preference data is read from .jsonl or .json, packed as .gz or .zst or not, from .parquet, from a folder of such files or by a pattern such as part-*.jsonl";

    // the first kinds of a folder that are there: files of other kinds tell of the data
    private static readonly string[][] s_extensions = [[".jsonl", ".jsonl.gz", ".jsonl.zst"], [".parquet"], [".json", ".json.gz", ".json.zst"]];

    /// <summary>The files in the order of their names.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="InvalidDataException">A folder holds files of several splits.</exception>
    public static IReadOnlyList<string> At(string path)
    {
        if (File.Exists(path))
            return [path];
        string[] files = Directory.Exists(path) ? OfOneSplit(path, InFolder(path)) : Matching(path);
        return files.Length > 0 ? files : throw new FileNotFoundException($"{path}: {Missing(path)}; {Kinds}", path);
    }

    /// <summary>The path stands for a file, a folder, or a pattern that something matches.</summary>
    public static bool Exist(string path) => Path.Exists(path) || Matching(path).Length > 0;

    private static string[] InFolder(string folder)
    {
        string[] all = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        return s_extensions.Select(extensions => all.Where(file => extensions.Any(end => file.EndsWith(end, StringComparison.OrdinalIgnoreCase))).ToArray())
            .FirstOrDefault(files => files.Length > 0) ?? [];
    }

    // rows to train on and rows to test with would become one set without a word
    private static string[] OfOneSplit(string folder, string[] files)
    {
        string[] trained = [.. files.Where(file => IsOf(file, "train"))];
        return trained.Length == 0 || files.FirstOrDefault(file => IsOf(file, "test|valid|validation|val|dev|eval")) is not { } other ? files
            : throw new InvalidDataException($"{folder} holds files of several splits, {Path.GetRelativePath(folder, trained[0])} and {Path.GetRelativePath(folder, other)}: "
                + "name a file, or those of one split by a pattern such as train*");

        bool IsOf(string file, string splits) => Regex.IsMatch(Path.GetRelativePath(folder, file), $"(^|[-_./])({splits})([-_./]|$)", RegexOptions.IgnoreCase);
    }

    private static string[] Matching(string path) => IsPattern(path) && Path.GetDirectoryName(path) is { } folder && Directory.Exists(folder)
        ? [.. Directory.EnumerateFiles(folder, Path.GetFileName(path)).Order(StringComparer.Ordinal)] : [];

    private static bool IsPattern(string path) => Path.GetFileName(path).AsSpan().ContainsAny('*', '?');

    private static string Missing(string path) => Directory.Exists(path) ? "the folder holds no such file" : IsPattern(path) ? "no file matches" : "no such file";
}
