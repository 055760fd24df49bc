using System.Text.RegularExpressions;

namespace Alignment.Tests.Unit.Layering;

/// <summary>A source file's place and its text without comments and the contents of strings.</summary>
/// <param name="Folder">Below src/Alignment, with / between its parts; empty for the root.</param>
/// <param name="Name">Of the file.</param>
/// <param name="Code">Its code.</param>
internal sealed partial record SourceFile(string Folder, string Name, string Code)
{
    /// <summary>Folders whose namespaces its using lines open.</summary>
    public IReadOnlySet<string> Usings { get; } = Using().Matches(Code).Select(use => use.Groups[1].Value.Replace('.', '/')).ToHashSet();

    /// <summary>The names in it that a type could have; a member behind a dot is not one of them.</summary>
    public IReadOnlySet<string> Names { get; } = TypeName().Matches(Code).Select(name => name.Value).ToHashSet();

    /// <summary>Where it stands, for messages.</summary>
    public string Path => $"{Folder}/{Name}";

    /// <summary>The folders around its own, nearest first.</summary>
    public IEnumerable<string> Around()
    {
        for (string folder = Folder; folder.Contains('/', StringComparison.Ordinal);)
            yield return folder = folder[..folder.LastIndexOf('/')];
    }

    /// <summary>The file declares a type of that name itself, or a member that is never written where a type stands.</summary>
    public bool Declares(string name) => Regex.IsMatch(Code, $@"(?:class|record|struct|interface|enum)\s+{name}\b")
        || (Regex.IsMatch(Code, $@"[\w\]>?]\s+{name}\s*(?:\{{|=>|;|\()")
            && !Regex.IsMatch(Code, $@"(?:new|:|typeof\(|\(|<)\s*{name}\b|(?<![\w.]){name}(?:\[\])?\??\s+[@A-Za-z_]\w*"));

    /// <summary>It writes the folder's namespace, or the end of it, before the name: Kernels.Layers.Linear.</summary>
    public bool Qualifies(string folder, string name) => Regex.IsMatch(Code, $@"\b{Regex.Escape(folder.Replace('/', '.'))}\.{name}\b")
        || Regex.IsMatch(Code, $@"\busing static [\w.]*{Regex.Escape(folder.Replace('/', '.'))}\.{name};");

    public static SourceFile Read(string root, string path)
    {
        string text = Comment().Replace(RawText().Replace(File.ReadAllText(path), "\"\""), "");
        string folder = System.IO.Path.GetRelativePath(root, System.IO.Path.GetDirectoryName(path)!).Replace('\\', '/');
        return new(folder == "." ? "" : folder, System.IO.Path.GetFileName(path), Text().Replace(text, Holes));
    }

    // of an interpolated string the holes stay
    private static string Holes(Match text) => text.Value.StartsWith('$')
        ? string.Join(' ', Hole().Matches(text.Value).Select(hole => hole.Groups[1].Value)) : "\"\"";

    [GeneratedRegex(@"^using (?:static )?Alignment\.([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Using();

    [GeneratedRegex(@"(?<![\w.])[A-Z]\w*\b")]
    private static partial Regex TypeName();

    [GeneratedRegex("\"\"\"[\\s\\S]*?\"\"\"")]
    private static partial Regex RawText();

    [GeneratedRegex(@"(?<!:)//[^\n]*|/\*[\s\S]*?\*/")]
    private static partial Regex Comment();

    [GeneratedRegex("\\$?@?\"(?:\\\\.|[^\"\\\\\\n])*\"")]
    private static partial Regex Text();

    [GeneratedRegex(@"\{([^{}]*)\}")]
    private static partial Regex Hole();
}
