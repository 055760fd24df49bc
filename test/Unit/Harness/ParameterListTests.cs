using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Harness;

/// <summary>What fixtures read is what the build hands on, and what build/README.md explains.</summary>
public partial class ParameterListTests
{
    private static readonly string s_root = Path.GetFullPath(Path.Combine(Here(), "../../.."));

    private static string[] Listed { get; } = [.. XDocument.Load(Path.Combine(s_root, "src/Alignment/buildTransitive/AlignmentParameters.props"))
        .Descendants("AlignmentParameter").Select(item => item.Attribute("Include")!.Value)];

    [Test]
    public void Every_parameter_that_a_fixture_reads_is_handed_on()
    {
        string[] read = [.. Directory.EnumerateFiles(Path.Combine(s_root, "src/Alignment/Harness"), "*.cs")
            .SelectMany(file => Read().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value).Distinct()];
        Assert.That(read, Has.Length.GreaterThan(10));
        Assert.That(read.Except(Listed), Is.SubsetOf(new[] { "WorkingDirectory", "ProjectDirectory", "TestFilter" }));
    }

    [TestCase("build/README.md"), TestCase("src/Alignment/README.md")]
    public void Every_parameter_is_explained(string readme)
    {
        string text = File.ReadAllText(Path.Combine(s_root, readme));
        Assert.That(Listed.Where(name => !Regex.IsMatch(text, $@"\b{name}\b")), Is.Empty);
    }

    [Test]
    public void What_nobody_gives_is_not_handed_on()
    {
        var start = new ProcessStartInfo("dotnet", ["msbuild", Path.Combine(s_root, "test/Unit/Unit.csproj"), "-getItem:AlignmentParameter"]) { RedirectStandardOutput = true };
        using Process build = Process.Start(start)!;
        string text = build.StandardOutput.ReadToEnd();
        build.WaitForExit();
        using var json = JsonDocument.Parse(text);
        string[] given = [.. json.RootElement.GetProperty("Items").GetProperty("AlignmentParameter").EnumerateArray()
            .Where(item => item.GetProperty("Value").GetString() is { Length: > 0 }).Select(item => item.GetProperty("Identity").GetString()!)];
        Assert.That(given, Is.EquivalentTo(new[] { "WorkingDirectory", "ProjectDirectory" }));
    }

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    [GeneratedRegex(@"\b(?:Text|FullPath|NeededPath|IsTrue|Whole)\(""(\w+)""")]
    private static partial Regex Read();
}
