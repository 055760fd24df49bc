using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Alignment.Tests.Unit.Layering;

/// <summary>
/// Who names whom in src/Alignment, read from its text: a file uses another folder when it names a type that stands there and that it can see
/// through its own namespace, one of those around it, a using line or a qualified name.
/// </summary>
internal sealed partial class SourceTree
{
    private readonly Dictionary<string, List<string>> _declaredIn = []; // type → folders
    private readonly List<SourceFile> _files;

    public SourceTree(string root)
    {
        _files = [.. Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories).Select(path => SourceFile.Read(root, path))
            .Where(file => file.Folder.Split('/')[0] is not ("bin" or "obj" or "buildTransitive"))]; // the last is compiled into users' projects
        foreach (SourceFile file in _files)
            foreach (Match type in DeclaredType().Matches(file.Code))
            {
                List<string> folders = _declaredIn.TryGetValue(type.Groups[1].Value, out List<string>? known) ? known : _declaredIn[type.Groups[1].Value] = [];
                if (!folders.Contains(file.Folder))
                    folders.Add(file.Folder);
            }
    }

    /// <summary>The folder src/Alignment of this checkout.</summary>
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Here(), "../../../src/Alignment"));

    /// <summary>The tree as it stands.</summary>
    public static SourceTree Alignment { get; } = new(Root);

    /// <summary>Every folder that holds a file, such as Kernels/Attention.</summary>
    public IEnumerable<string> Folders => _files.Select(file => file.Folder).Distinct().Order(StringComparer.Ordinal);

    /// <summary>The files of a folder, without those of folders in it.</summary>
    public IEnumerable<SourceFile> In(string folder) => _files.Where(file => file.Folder == folder);

    /// <summary>Which other folders a file uses, each with a type it names there.</summary>
    public IEnumerable<(string Folder, string Type)> UsesOf(SourceFile file)
    {
        string[] around = [.. file.Around()];
        return
        [
            .. file.Usings.Where(folder => folder != file.Folder && Folders.Contains(folder)).Select(folder => (folder, "its namespace")),
            .. from name in file.Names.Concat(_declaredIn.Keys.Where(type => file.Code.Contains('.' + type, StringComparison.Ordinal))).Distinct()
               where _declaredIn.ContainsKey(name)
               let homes = _declaredIn[name]
               where !homes.Contains(file.Folder) && !file.Declares(name)
               let bare = file.Names.Contains(name)
               let seen = homes.FirstOrDefault(home => (bare && (around.Contains(home) || file.Usings.Contains(home))) || file.Qualifies(home, name))
               where seen != null
               select (seen, name),
        ];
    }

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    [GeneratedRegex(@"^(?:(?:public|internal|sealed|static|abstract|partial|readonly|unsafe|ref)\s+)*(?:class|record\s+struct|record\s+class|record|struct|interface|enum|delegate\s+[^(\n]+?)\s+([A-Z]\w*)",
        RegexOptions.Multiline)]
    private static partial Regex DeclaredType();
}
