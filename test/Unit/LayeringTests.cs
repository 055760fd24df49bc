using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using NUnit.Framework;

namespace Alignment.Tests.Unit;

/// <summary>Who may import whom in src/Alignment; a folder that is not listed may import nothing.</summary>
public partial class LayeringTests
{
    private static readonly Dictionary<string, string[]> s_allowed = new()
    {
        ["Kernels"] = [],
        ["Models"] = ["Kernels"],
        ["Rewards"] = ["Models", "Kernels"],
        ["Tokenization"] = [],
        ["Data"] = ["Tokenization"],
        ["Objectives"] = ["Kernels"],
        ["Evaluation"] = [],
        ["Training"] = ["Data", "Tokenization", "Kernels", "Models", "Objectives", "Rewards"],
        ["Generation"] = ["Tokenization", "Models", "Kernels"],
        ["Sweeps"] = ["Kernels", "Models", "Rewards", "Tokenization", "Data", "Objectives", "Evaluation", "Training", "Generation"],
        ["Reports"] = ["Evaluation", "Sweeps"],
        ["Doctor"] = ["Kernels", "Models", "Tokenization", "Data", "Objectives", "Training", "Generation", "Sweeps"],
        ["Harness"] = ["Data", "Doctor", "Sweeps", "Reports"],
    };

    private static string Source { get; } = Path.GetFullPath(Path.Combine(Here(), "../../src/Alignment"));

    private static IEnumerable<string> Folders() => Directory.EnumerateDirectories(Source).Select(folder => Path.GetFileName(folder)!)
        .Where(name => name is not ("bin" or "obj" or "buildTransitive" or "Recipes")).Order(StringComparer.Ordinal);

    [TestCaseSource(nameof(Folders))]
    public void A_folder_imports_only_what_the_design_allows(string folder)
    {
        string[] allowed = [folder, .. s_allowed.GetValueOrDefault(folder, [])];
        string[] wrong = [.. from file in Files(folder)
                             from Match use in Use().Matches(File.ReadAllText(file))
                             let name = use.Groups[1].Value
                             where s_allowed.ContainsKey(name) && !allowed.Contains(name)
                             select $"{Path.GetRelativePath(Source, file)} uses {name}"];
        Assert.That(wrong, Is.Empty);
    }

    [TestCase("Evaluation"), TestCase("Reports"), TestCase("Tokenization")]
    public void Plain_numbers_and_text_need_no_torch(string folder) =>
        Assert.That(Files(folder).ToList().Where(file => File.ReadAllText(file).Contains("TorchSharp", StringComparison.Ordinal)), Is.Empty);

    [Test]
    public void No_source_file_is_longer_than_300_lines()
    {
        string root = Path.GetFullPath(Path.Combine(Source, "../.."));
        string[] all = [.. new[] { "src", "test", "bench", "build" }.SelectMany(part => Directory.EnumerateFiles(Path.Combine(root, part), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))];
        Assert.That(all.Where(file => File.ReadLines(file).Count() > 300).Select(file => Path.GetRelativePath(root, file)), Is.Empty);
    }

    private static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(Path.Combine(Source, folder), "*.cs", SearchOption.AllDirectories);

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    [GeneratedRegex(@"\bAlignment\.(Kernels|Models|Rewards|Tokenization|Data|Objectives|Evaluation|Training|Generation|Sweeps|Reports|Doctor)\b")]
    private static partial Regex Use();
}
