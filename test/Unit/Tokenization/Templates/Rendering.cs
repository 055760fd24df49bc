using System.Text.Json;
using Alignment.Tokenization.Templates;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tests.Unit.Tokenization.Templates;

/// <summary>Templates rendered with a few variables.</summary>
internal static class Rendering
{
    private static readonly IReadOnlyDictionary<string, Value> s_variables = JsonValues.Members(JsonDocument.Parse("""
        {"messages": [{"role": "user", "content": "Hi there"}, {"role": "assistant", "content": "yo", "n": 3}],
         "s": "Hello, World ß😀x", "d": {"b": 1, "a": [1, 2.5, null, true, "q'\"é\n"], "C": {"x": "y"}}, "l": [3, 1, 2], "n": 7, "f": 2.5, "t": true, "e": "",
         "w": "  a b  c ", "u": [{"a": {"b": 1}, "k": "x"}, {"a": {"b": 2}, "k": "X"}, {"k": "y"}], "words": ["b", "A", "c", "a", "B"]}
        """).RootElement);

    /// <summary>What a template writes.</summary>
    public static string Of(string template) => JinjaTemplate.Parse(template, "test.jinja").Render(s_variables, new DateTime(2026, 3, 5, 9, 7, 3));

    /// <summary>What an output of an expression writes.</summary>
    public static string Value(string expression) => Of($"{{{{ {expression} }}}}");

    /// <summary>The message of the error that a template gives.</summary>
    public static string Error(string template)
    {
        try
        {
            return $"no error, but: {Of(template)}";
        }
        catch (TemplateException fault)
        {
            return fault.Message;
        }
    }
}
