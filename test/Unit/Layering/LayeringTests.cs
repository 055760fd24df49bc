using NUnit.Framework;

namespace Alignment.Tests.Unit.Layering;

/// <summary>
/// Who may use whom in src/Alignment. A folder is a namespace, a nested one too, and may use what its line names; the lines stand in an order in
/// which each uses earlier ones only, so that no circle can form between files of different folders. An edge that nobody uses is not granted.
/// </summary>
public class LayeringTests
{
    private static readonly (string Folder, string[] Uses)[] s_allowed =
    [
        ("Files", []),
        ("Kernels/Native", []),
        ("Kernels/Optimiser", ["Kernels/Native"]),
        ("Kernels/Attention", ["Kernels/Native"]),
        ("Kernels/Layers", ["Kernels/Native"]),
        ("Kernels/LogProbs", ["Kernels/Native"]),
        ("Checkpoints", []),
        ("Checkpoints/Safetensors", ["Files", "Checkpoints"]),
        ("Checkpoints/Torch", ["Checkpoints"]),
        ("Checkpoints/Hub", ["Files", "Checkpoints", "Checkpoints/Safetensors", "Checkpoints/Torch"]),
        ("Models", ["Files", "Kernels/Native", "Kernels/Attention", "Kernels/Layers", "Kernels/LogProbs", "Checkpoints", "Checkpoints/Safetensors",
            "Checkpoints/Hub"]),
        ("Models/NeoX", ["Files", "Kernels/Native", "Kernels/Attention", "Kernels/Layers", "Checkpoints", "Checkpoints/Hub", "Models"]),
        ("Distributed", ["Files", "Kernels/Native"]),
        ("Rewards", ["Files", "Kernels/Native", "Models", "Models/NeoX", "Distributed"]),
        ("Tokenization/Templates/Values", []),
        ("Tokenization/Templates/Operations", ["Tokenization/Templates/Values"]),
        ("Tokenization/Templates/Builtins", ["Tokenization/Templates/Values", "Tokenization/Templates/Operations"]),
        ("Tokenization/Templates/Nodes", ["Tokenization/Templates/Values", "Tokenization/Templates/Operations", "Tokenization/Templates/Builtins"]),
        ("Tokenization/Templates/Parsing", ["Tokenization/Templates/Values", "Tokenization/Templates/Operations", "Tokenization/Templates/Builtins",
            "Tokenization/Templates/Nodes"]),
        ("Tokenization/Templates", ["Tokenization/Templates/Values", "Tokenization/Templates/Builtins", "Tokenization/Templates/Nodes",
            "Tokenization/Templates/Parsing"]),
        ("Tokenization", ["Files", "Tokenization/Templates", "Tokenization/Templates/Values"]),
        ("Data/Parquet", []),
        ("Data", ["Files", "Tokenization", "Data/Parquet"]),
        ("Data/World", ["Files", "Tokenization", "Data"]),
        ("Objectives", ["Files"]),
        ("Evaluation", ["Files"]),
        ("Training", ["Files", "Kernels/Native", "Kernels/Optimiser", "Kernels/LogProbs", "Checkpoints", "Checkpoints/Safetensors", "Models",
            "Models/NeoX", "Rewards", "Data", "Objectives", "Distributed"]),
        ("Generation", ["Files", "Kernels/Native", "Kernels/LogProbs", "Models", "Distributed"]),
        ("Recipes", ["Files", "Models", "Models/NeoX", "Rewards", "Tokenization", "Data", "Objectives", "Training", "Generation"]),
        ("Doctor", ["Kernels/Native", "Kernels/Optimiser", "Kernels/LogProbs", "Checkpoints", "Checkpoints/Safetensors", "Checkpoints/Hub",
            "Models", "Models/NeoX", "Rewards", "Tokenization", "Data", "Objectives", "Training", "Generation", "Recipes"]),
        ("Sweeps/Search", ["Files", "Evaluation", "Recipes"]),
        ("Sweeps", ["Files", "Kernels/Native", "Models", "Models/NeoX", "Rewards", "Tokenization", "Data", "Data/World", "Objectives", "Evaluation", "Distributed", "Training",
            "Generation", "Recipes", "Doctor", "Sweeps/Search"]),
        ("Sweeps/Import", ["Files", "Data", "Evaluation", "Recipes", "Sweeps"]),
        ("Sweeps/Slurm", ["Files", "Kernels/Native", "Recipes", "Sweeps"]),
        ("Reports/Text", ["Evaluation"]),
        ("Reports/Numbers", ["Files", "Evaluation", "Recipes", "Sweeps/Search", "Sweeps", "Reports/Text"]),
        ("Reports/Tables", ["Evaluation", "Recipes", "Sweeps", "Reports/Text", "Reports/Numbers"]),
        ("Reports/Figures", ["Evaluation", "Recipes", "Sweeps", "Reports/Text", "Reports/Numbers"]),
        ("Reports/Advice", ["Evaluation", "Sweeps", "Reports/Text", "Reports/Numbers", "Reports/Tables"]),
        ("Reports/Page", ["Files", "Evaluation", "Sweeps", "Reports/Text", "Reports/Numbers", "Reports/Tables", "Reports/Figures", "Reports/Advice"]),
        ("Reports/Compare", ["Files", "Evaluation", "Sweeps", "Reports/Text", "Reports/Numbers", "Reports/Tables", "Reports/Figures",
            "Reports/Advice", "Reports/Page"]),
        ("Reports", ["Files", "Sweeps", "Reports/Numbers", "Reports/Tables", "Reports/Figures", "Reports/Advice", "Reports/Page"]),
        ("Harness", ["Files", "Data", "Distributed", "Training", "Recipes", "Doctor", "Sweeps/Search", "Sweeps", "Sweeps/Import", "Sweeps/Slurm", "Reports/Page", "Reports/Compare", "Reports"]),
    ];

    private static IEnumerable<string> Folders() => SourceTree.Alignment.Folders;

    [TestCaseSource(nameof(Folders))]
    public void A_folder_uses_only_what_the_design_allows(string folder)
    {
        string[] allowed = Allowed(folder);
        Assert.That(SourceTree.Alignment.In(folder).SelectMany(file => SourceTree.Alignment.UsesOf(file).Where(use => !allowed.Contains(use.Folder))
            .Select(use => $"{file.Path} uses {use.Type} of {use.Folder}")), Is.Empty);
    }

    [TestCaseSource(nameof(Folders))]
    public void Nothing_is_granted_that_nobody_uses(string folder)
    {
        string[] used = [.. SourceTree.Alignment.In(folder).SelectMany(SourceTree.Alignment.UsesOf).Select(use => use.Folder).Distinct()];
        Assert.That(Allowed(folder).Except(used), Is.Empty);
    }

    [Test]
    public void The_lines_name_earlier_lines_only_so_there_is_no_circle()
    {
        string[] order = [.. s_allowed.Select(line => line.Folder)];
        Assert.That(order, Is.Unique);
        Assert.That(order, Is.EquivalentTo(Folders()));
        Assert.That(s_allowed.SelectMany((line, index) => line.Uses.Where(use => Array.IndexOf(order, use) is var at && (at < 0 || at >= index))
            .Select(use => $"{line.Folder} is granted {use}")), Is.Empty);
    }

    [TestCase("Evaluation"), TestCase("Reports"), TestCase("Tokenization"), TestCase("Files"), TestCase("Recipes")]
    public void Plain_numbers_and_text_need_no_torch(string folder) => Assert.That(Folders().Where(name => name == folder || name.StartsWith(folder + "/", StringComparison.Ordinal))
        .SelectMany(SourceTree.Alignment.In).Where(file => file.Code.Contains("TorchSharp", StringComparison.Ordinal)).Select(file => file.Path), Is.Empty);

    [Test]
    public void The_tree_sees_namespaces_around_using_lines_and_qualified_names_and_no_comments()
    {
        string root = Directory.CreateTempSubdirectory("layering").FullName;
        try
        {
            Write("A/One.cs", "namespace Alignment.A;\n\npublic sealed class One { public static class Inner; }");
            Write("A/B/Two.cs", "namespace Alignment.A.B;\n\npublic sealed record Two(One One);");
            Write("C/Three.cs", "using Alignment.A;\n\nnamespace Alignment.C;\n\n// Two\nclass Three { One _one; string _text = \"Two\" + $\"{A.B.Two.Name}\"; }");
            Write("C/Four.cs", "using static Alignment.A.B.Two;\n\nnamespace Alignment.C;\n\nclass Four { Three _three; }");
            var tree = new SourceTree(root);
            Assert.That(tree.Folders, Is.EqualTo(new[] { "A", "A/B", "C" }));
            Assert.That(tree.Folders.SelectMany(tree.In).SelectMany(file => tree.UsesOf(file).Select(use => $"{file.Path} {use.Folder} {use.Type}")),
                Is.EquivalentTo(new[] { "A/B/Two.cs A One", "C/Three.cs A its namespace", "C/Three.cs A One", "C/Three.cs A/B Two", "C/Four.cs A/B Two" }));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }

        void Write(string name, string text)
        {
            string path = Path.Combine(root, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }
    }

    [Test]
    public void No_source_file_is_longer_than_300_lines_and_most_are_short()
    {
        string root = Path.GetFullPath(Path.Combine(SourceTree.Root, "../.."));
        string[] all = [.. new[] { "src", "test", "bench", "build" }.SelectMany(part => Directory.EnumerateFiles(Path.Combine(root, part), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))];
        Assert.That(all.Where(file => File.ReadLines(file).Count() > 300).Select(file => Path.GetRelativePath(root, file)), Is.Empty);

        int[] source = [.. all.Where(file => file.StartsWith(SourceTree.Root, StringComparison.Ordinal)).Select(file => File.ReadLines(file).Count()).Order()];
        Assert.That(source[source.Length / 2], Is.AtMost(75), "lines of the median file");
        Assert.That(source[source.Length * 9 / 10], Is.AtMost(150), "nine of ten files");
    }

    [Test]
    public void No_line_of_the_product_or_its_build_is_longer_than_200_characters()
    {
        string root = Path.GetFullPath(Path.Combine(SourceTree.Root, "../.."));
        string[] files = [.. new[] { "src", "bench", "build" }.SelectMany(part => Directory.EnumerateFiles(Path.Combine(root, part), "*", SearchOption.AllDirectories))
            .Where(file => Path.GetExtension(file) is ".cs" or ".props" or ".targets" or ".proj" or ".csproj" && !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal))];
        Assert.That(files, Has.Some.EndsWith("AlignmentParameters.props").And.Some.EndsWith("LossBench.cs"));
        Assert.That(from file in files
                    from line in File.ReadLines(file).Index()
                    where line.Item.Length > 200
                    select $"{Path.GetRelativePath(root, file)}({line.Index + 1})", Is.Empty);
    }

    private static string[] Allowed(string folder) => s_allowed.FirstOrDefault(line => line.Folder == folder).Uses ?? [];
}
