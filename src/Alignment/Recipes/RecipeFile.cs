using Alignment.Files;

namespace Alignment.Recipes;

/// <summary>Reads recipes: JSON files that hold everything that changes a result.</summary>
internal static class RecipeFile
{
    private const string Prefix = "Alignment.Recipes.", Extension = ".json";

    /// <summary>The recipes that come with the library.</summary>
    public static IReadOnlyList<string> Shipped { get; } = [.. typeof(RecipeFile).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(Extension, StringComparison.Ordinal))
        .Select(name => name[Prefix.Length..^Extension.Length]).Order(StringComparer.Ordinal)];

    /// <summary>Finds a recipe: a path to a file, or the name of one that comes with the library.</summary>
    /// <param name="nameOrPath">For example tiny, or recipes/mine.json.</param>
    /// <param name="workingFolder">Where relative paths start, and those in a recipe that comes with the library.</param>
    /// <exception cref="RecipeException">There is none, or it has faults.</exception>
    public static Recipe Load(string nameOrPath, string workingFolder)
    {
        string path = Path.GetFullPath(nameOrPath, workingFolder);
        if (File.Exists(path))
            return Parse(File.ReadAllText(path), path);
        if (!Shipped.Contains(nameOrPath))
            throw new RecipeException([$"there is no recipe {nameOrPath}: neither a file {path} nor one of those that come with the library ({string.Join(", ", Shipped)})"]);
        return Parse(ShippedText(nameOrPath), path + Extension);
    }

    /// <summary>The text of a recipe that comes with the library.</summary>
    /// <param name="name">One of <see cref="Shipped"/>.</param>
    public static string ShippedText(string name)
    {
        using var reader = new StreamReader(typeof(RecipeFile).Assembly.GetManifestResourceStream(Prefix + name + Extension)!);
        return reader.ReadToEnd();
    }

    /// <summary>Reads a recipe's text.</summary>
    /// <param name="text">JSON; comments are allowed.</param>
    /// <param name="file">Its path, for messages and for the relative paths in it.</param>
    /// <exception cref="RecipeException">All faults at once, each with line and JSON path.</exception>
    public static Recipe Parse(string text, string file)
    {
        var faults = new DocumentFaults(Path.GetFileName(file));
        Recipe? recipe = faults.Read(text) is { } json ? RecipeReader.Read(json, file) : null;
        return recipe != null && faults.All.Count == 0 ? recipe with { Text = text } : throw new RecipeException(faults.All);
    }
}

/// <summary>A recipe that cannot be used; the message lists its faults, one a line, each with file, line and JSON path.</summary>
internal sealed class RecipeException(IReadOnlyList<string> faults) : Exception(Listed(faults))
{
    /// <summary>Lines of the message at most; the rest of the faults is counted.</summary>
    public const int MostLines = 14;

    /// <summary>All faults, those of one file in its order.</summary>
    public IReadOnlyList<string> Faults { get; } = faults;

    private static string Listed(IReadOnlyList<string> faults)
    {
        string[] lines = [.. faults.SelectMany(fault => fault.Split('\n')).Select(line => line.TrimEnd())];
        return string.Join(Environment.NewLine, lines.Length <= MostLines ? lines : [.. lines[..(MostLines - 1)], $"… and {lines.Length - MostLines + 1} more lines of faults"]);
    }
}
