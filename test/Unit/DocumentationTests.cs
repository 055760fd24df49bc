using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Alignment.Recipes;
using NUnit.Framework;

namespace Alignment.Tests.Unit;

/// <summary>What every README.md of the checkout promises: short lines, links, paths, targets and properties that are there.</summary>
public partial class DocumentationTests
{
    private static string Root { get; } = Path.GetFullPath(Path.Combine(Here(), "../.."));

    // bin, obj and artifacts hold what builds and packages left there
    private static string[] Readmes { get; } = [.. Below("README.md").Order(StringComparer.Ordinal)];

    private static string[] BuildFiles { get; } = [.. new[] { "*.proj", "*.csproj", "*.props", "*.targets" }.SelectMany(Below)];

    [Test]
    public void No_line_is_longer_than_200_characters() => Assert.That(
        from file in Readmes
        from line in File.ReadLines(Full(file)).Select((text, index) => (Text: text, Number: index + 1))
        where line.Text.EnumerateRunes().Count() > 200
        select $"{file}:{line.Number}", Is.Empty);

    [Test]
    public void The_first_page_stays_short() => Assert.That(new FileInfo(Full("README.md")).Length, Is.LessThanOrEqualTo(9300), "bytes; reference belongs into the folders' READMEs");

    [Test]
    public void The_recipe_of_the_first_page_is_accepted() =>
        Assert.That(() => RecipeFile.Parse(File.ReadAllText(Full("README.md")).Split("```jsonc\n")[1].Split("```")[0], Full("mine.json")), Throws.Nothing);

    [Test]
    public void Every_relative_link_leads_to_a_file_and_its_heading() => Assert.That(
        from file in Readmes
        from Match link in Link().Matches(WithoutCode(File.ReadAllText(Full(file))))
        let target = link.Groups["md"].Value + link.Groups["html"].Value
        where !target.Contains("://", StringComparison.Ordinal) && !Resolves(file, target)
        select $"{file}: {target}", Is.Empty);

    [Test]
    public void Every_path_of_this_checkout_is_there() => Assert.That(
        from file in Readmes
        from Match path in OwnPath().Matches(File.ReadAllText(Full(file)))
        where !Path.Exists(Full(path.Value.TrimEnd('.', '/')))
        select $"{file}: {path.Value}", Is.Empty);

    [Test]
    public void The_layout_names_the_folders_of_the_library_and_no_other()
    {
        string tree = File.ReadAllText(Full("README.md")).Split("src/Alignment/ ")[1].Split("\ntest/")[0];
        string[] named = [.. TreeFolder().Matches(tree).Select(match => match.Groups[1].Value)];
        Assert.That(Directory.EnumerateDirectories(Full("src/Alignment")).Select(folder => Path.GetFileName(folder)!).Where(name => char.IsUpper(name[0])), Is.EquivalentTo(named));
    }

    [Test]
    public void Every_property_on_a_command_line_is_one_that_the_build_reads()
    {
        HashSet<string> known = [.. BuildFiles.SelectMany(file => Property().Matches(File.ReadAllText(Full(file)))).Select(match => match.Groups[1].Value)];
        Assert.That(Used(GivenProperty()).Where(use => !known.Contains(use.Name)), Is.Empty);
    }

    [Test]
    public void Every_target_on_a_command_line_is_one_of_the_builds()
    {
        HashSet<string> known = [.. BuildFiles.SelectMany(file => Target().Matches(File.ReadAllText(Full(file)))).Select(match => match.Groups[1].Value)];
        Assert.That(Used(GivenTarget()).Where(use => !known.Contains(use.Name)), Is.Empty);
    }

    private static IEnumerable<(string File, string Name)> Used(Regex given) =>
        from file in Readmes
        from Match match in given.Matches(File.ReadAllText(Full(file)))
        select (file, match.Groups[1].Value);

    private static bool Resolves(string file, string target)
    {
        string[] parts = target.Split('#', 2);
        string path = parts[0].Length == 0 ? Full(file) : Path.GetFullPath(parts[0], Path.GetDirectoryName(Full(file))!);
        return Path.Exists(path) && (parts.Length == 1 || Headings(path).Contains(parts[1]));
    }

    // as GitHub names them: lower case, blanks to hyphens, punctuation dropped
    private static IEnumerable<string> Headings(string path) => File.ReadLines(path).Where(line => line.StartsWith('#'))
        .Select(line => string.Concat(line.TrimStart('#').Trim().ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')).Replace(' ', '-'));

    private static string WithoutCode(string markdown) => Code().Replace(markdown, "");

    private static IEnumerable<string> Below(string pattern) => Directory
        .EnumerateFiles(Root, pattern, new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
        .Select(file => Path.GetRelativePath(Root, file))
        .Where(file => !file.Split('/').Any(part => part is "bin" or "obj" or "artifacts" or ".git" or "node_modules"));

    private static string Full(string relative) => Path.Combine(Root, relative);

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    [GeneratedRegex(@"\]\((?<md>[^)\s]+)\)|(?:src|srcset|href)=""(?<html>[^""]+)""")]
    private static partial Regex Link();

    [GeneratedRegex(@"^```.*?^```|`[^`\n]*`", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Code();

    [GeneratedRegex(@"(?<![\w/.])(src/Alignment|test/(Unit|Gpu|Regression)|bench|build)/[\w./-]*\w")]
    private static partial Regex OwnPath();

    [GeneratedRegex(@"^  (\w+)/", RegexOptions.Multiline)]
    private static partial Regex TreeFolder();

    [GeneratedRegex(@"\$\((\w+)\)")]
    private static partial Regex Property();

    [GeneratedRegex(@"<Target Name=""(\w+)""")]
    private static partial Regex Target();

    [GeneratedRegex(@"-p:([A-Za-z]\w*)=")]
    private static partial Regex GivenProperty();

    [GeneratedRegex(@"-t:([A-Za-z]\w*)")]
    private static partial Regex GivenTarget();
}
