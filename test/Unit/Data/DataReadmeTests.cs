using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Alignment.Data;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data;

/// <summary>The page on data names every format, every usual name of a member and every reason for which a row is refused, left out or noted.</summary>
internal sealed partial class DataReadmeTests
{
    private static readonly string s_data = Path.GetFullPath(Path.Combine(Here(), "../../../../src/Alignment/Data"));
    private static readonly string s_readme = File.ReadAllText(Path.Combine(s_data, "README.md"));

    [Test]
    public void Every_format_and_every_name_of_a_member_is_on_the_page() => Assert.That(
        PairFormats.ByName.Keys.Concat(PairColumns.Prompts).Concat(PairColumns.Responses.SelectMany(names => new[] { names.Chosen, names.Rejected }))
            .Concat(LabelledColumns.Completions).Concat(LabelledColumns.Labels).Concat(LabelledColumns.Conversations).Concat(HelpSteerReader.Layouts.SelectMany(names => new[] { names.Prompt, names.First, names.Second, names.Label })).Concat(ArenaReader.Layouts.SelectMany(names => names))
            .Where(name => !s_readme.Contains($"`{name}`", StringComparison.Ordinal)), Is.Empty);

    [Test]
    public void Every_reason_is_on_the_page()
    {
        string[] reasons = [.. Directory.EnumerateFiles(s_data, "*.cs").Select(File.ReadAllText)
            .SelectMany(code => Reasons().Matches(code)).Select(match => match.Groups[1].Value).Concat([RatingColumns.Equal, RatingColumns.Contrary, RatingColumns.Absent, ArenaReader.TurnsDiffer]).Distinct()];
        Assert.That(reasons, Has.Length.GreaterThan(15));
        Assert.That(reasons.Where(reason => !s_readme.Contains($"`{reason}`", StringComparison.Ordinal)), Is.Empty);
    }

    [GeneratedRegex("(?:RowFault\\(|Without\\(|Noted = [^\"\n]*)\"([^\"]+)\"")]
    private static partial Regex Reasons();

    private static string Here([CallerFilePath] string path = "") => path;
}
