using System.Globalization;
using NUnit.Framework;

namespace Alignment.Harness;

/// <summary>What `dotnet test -p:NAME=VALUE` gave: buildTransitive/AlignmentParameters.props names the properties that arrive here.</summary>
internal static class Parameters
{
    // of a process that is no test's
    private static Dictionary<string, string>? s_given;

    /// <summary>Takes a program's own arguments in place of a test's parameters.</summary>
    public static void Take(IEnumerable<KeyValuePair<string, string>> given) => s_given = new(given);

    /// <summary>What a program was given.</summary>
    public static IReadOnlyDictionary<string, string> All => s_given ?? [];

    /// <summary>What a program or a test was given.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Given => s_given ?? TestContext.Parameters.Names
        .Select(name => KeyValuePair.Create(name, Text(name) ?? "")).Where(value => value.Value.Length > 0);

    /// <summary>The folder `dotnet test` was started in, not the test host's: relative paths start there.</summary>
    public static string WorkingFolder => Text("WorkingDirectory") ?? Directory.GetCurrentDirectory();

    /// <summary>The value, or null where none or an empty one is given.</summary>
    public static string? Text(string name) => (s_given == null ? TestContext.Parameters.Get(name) : s_given.GetValueOrDefault(name)) is { Length: > 0 } value ? value : null;

    /// <summary>The full path of a file or folder, or null.</summary>
    public static string? FullPath(string name) => Text(name) is { } path ? Path.GetFullPath(path, WorkingFolder) : null;

    /// <summary>The full path of a file or folder; without it the test is ignored with the reason.</summary>
    public static string NeededPath(string name, string what) => FullPath(name) ?? throw new IgnoreException($"give -p:{name}=PATH, {what}");

    public static bool IsTrue(string name) => string.Equals(Text(name), "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>True, false, or null where neither is given.</summary>
    /// <exception cref="ArgumentException">It is something else.</exception>
    public static bool? Choice(string name) => Text(name) is not { } text ? null
        : bool.TryParse(text, out bool value) ? value : throw new ArgumentException($"-p:{name} must be true or false, was {text}");

    /// <summary>A whole number of at least 1, or null.</summary>
    /// <exception cref="ArgumentException">It is something else.</exception>
    public static int? Whole(string name) => Text(name) is not { } text ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value > 0 ? value
        : throw new ArgumentException($"-p:{name} must be a whole number >= 1, was {text}");

    /// <summary>The command that runs tests of this category of the user's project with those of the named parameters that are given.</summary>
    public static string Command(string category, params ReadOnlySpan<string> names)
    {
        string project = Text("ProjectDirectory") is { } folder ? Path.GetRelativePath(WorkingFolder, folder).TrimEnd('/') : ".";
        string command = $"dotnet test {(project == "." ? "" : project + " ")}--filter TestCategory={category}";
        foreach (string name in names)
            command += Text(name) is { } value ? $" -p:{name}={value}" : "";
        return command;
    }
}
