using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Alignment.Harness;
using Alignment.Tokenization.Templates;
using Alignment.Tokenization.Templates.Values;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>
/// Chat templates against Jinja2 as transformers sets it up: -p:TemplatesDir=FOLDER with templates/ and expected.json, else the copy in GoldenTemplates.
/// Every conversation with every template is a case.
/// </summary>
[Category("Golden")]
public partial class GoldenTemplateTests
{
    private static readonly string s_root = Parameters.FullPath("TemplatesDir") ?? Beside();
    private static readonly JsonElement s_expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(s_root, "expected.json"))).RootElement;

    private static IEnumerable<string> Templates() => s_expected.GetProperty("templates").EnumerateArray().Select(template => template.GetProperty("template").GetString()!);

    [TestCaseSource(nameof(Templates))]
    public void Renderings_and_errors_are_those_of_Jinja2(string name)
    {
        IReadOnlyDictionary<string, Value> special = JsonValues.Members(s_expected.GetProperty("special_tokens"));
        DateTime now = DateTime.Parse(s_expected.GetProperty("now").GetString()!, CultureInfo.InvariantCulture);
        JsonElement[] conversations = [.. s_expected.GetProperty("conversations").EnumerateArray()];
        JsonElement[] expected = [.. s_expected.GetProperty("templates").EnumerateArray().Single(template => template.GetProperty("template").ValueEquals(name)).GetProperty("expected").EnumerateArray()];
        JinjaTemplate template = JinjaTemplate.Parse(File.ReadAllText(Path.Combine(s_root, "templates", name)), name);
        GoldenTally cases = new("chat-templates");
        Assert.That(expected, Has.Length.EqualTo(conversations.Length), "each conversation has one expectation");
        for (int index = 0; index < conversations.Length; index++)
        {
            cases.Begin($"{name}, conversation {index}");
            Dictionary<string, Value> variables = special.Concat(JsonValues.Members(conversations[index])).GroupBy(pair => pair.Key).ToDictionary(pair => pair.Key, pair => pair.Last().Value);
            Compare(cases, expected[index], Rendered(template, variables, now));
        }

        cases.Finish();
    }

    [Test]
    public void Every_template_of_the_folder_has_expectations() => Assert.That(
        Directory.EnumerateFiles(Path.Combine(s_root, "templates")).Select(path => Path.GetFileName(path)!), Is.EquivalentTo(Templates()));

    private static void Compare(GoldenTally cases, JsonElement wanted, (string? Text, TemplateException? Fault) got)
    {
        if (wanted.TryGetProperty("text", out JsonElement text))
            cases.Same("text", [got.Text ?? got.Fault!.Message], [text.GetString()!]);
        else if (wanted.TryGetProperty("template_error", out JsonElement message) && !OfJinja().IsMatch(message.GetString()!))
            cases.Same("what the template raises", [got.Text ?? (got.Fault!.IsRaised ? got.Fault.Fault : got.Fault.Message)], [message.GetString()!]);
        else // any error that names the template will do where Python or Jinja fails and not the template
            cases.Holds($"an error of Python or Jinja ({wanted.GetRawText()}), got \"{got.Text ?? got.Fault!.Message}\", which",
                got.Fault is { IsRaised: false } fault && fault.Message.Contains(cases.Case.Split(',')[0], StringComparison.Ordinal));
    }

    private static (string? Text, TemplateException? Fault) Rendered(JinjaTemplate template, Dictionary<string, Value> variables, DateTime now)
    {
        try
        {
            return (template.Render(variables, now), null);
        }
        catch (TemplateException fault)
        {
            return (null, fault);
        }
    }

    private static string Beside([CallerFilePath] string source = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(source)!, "../GoldenTemplates"));

    // Jinja's own words, which the error here need not share
    [GeneratedRegex("is undefined$|has no attribute '|has no element |^No (filter|test) named|is unsafe\\.$|^expected token|^unexpected |^Encountered unknown|^the inline if-expression|sequence was empty\\.$|was not provided$")]
    private static partial Regex OfJinja();
}
