using System.Text;
using System.Text.Json;

namespace Alignment.Files;

/// <summary>What a JSON parser found wrong, in words a person can act on.</summary>
internal static class JsonErrors
{
    private static readonly Dictionary<string, string> s_words = new(StringComparer.Ordinal)
    {
        ["NaN"] = "is no JSON number: write a number or null",
        ["nan"] = "is no JSON number: write a number or null",
        ["Infinity"] = "is no JSON number: write a number or null",
        ["-Infinity"] = "is no JSON number: write a number or null",
        ["inf"] = "is no JSON number: write a number or null",
        ["None"] = "is written null in JSON",
        ["undefined"] = "is written null in JSON",
        ["True"] = "is written true in JSON",
        ["False"] = "is written false in JSON",
    };

    /// <summary>"line 3: ',' is an invalid start of a value."</summary>
    public static string Text(ReadOnlySpan<byte> utf8, JsonException e) => e.LineNumber is { } line ? $"line {line + 1}: {InLine(utf8, e)}" : e.Message;

    /// <summary>As <see cref="Text"/>, where the line is told already.</summary>
    public static string InLine(ReadOnlySpan<byte> utf8, JsonException e) => e.Message.Split(" LineNumber:")[0] + Hint(utf8, e);

    /// <summary>": NaN is no JSON number: write a number or null" where such a word stands at the error, else nothing.</summary>
    public static string Hint(ReadOnlySpan<byte> utf8, JsonException e)
    {
        int at = 0;
        for (long line = e.LineNumber ?? 0; line > 0 && at < utf8.Length; at++)
            line -= utf8[at] == '\n' ? 1 : 0;
        at = (int)Math.Min(utf8.Length, at + (e.BytePositionInLine ?? 0));
        (int from, int to) = (at, at);
        while (from > 0 && IsOfWord(utf8[from - 1]))
            from--;
        while (to < utf8.Length && IsOfWord(utf8[to]))
            to++;
        string word = Encoding.UTF8.GetString(utf8[from..to]);
        return s_words.TryGetValue(word, out string? advice) ? $": {word} {advice}"
            : at < utf8.Length && utf8[at] == '\'' ? ": texts stand in double quotes" : "";
    }

    /// <summary>Where a stored file that a program wrote is damaged: "line 3, $.facts".</summary>
    public static string Place(JsonException e) => $"line {(e.LineNumber ?? 0) + 1}{(e.Path is { Length: > 0 } path ? $", {path}" : "")}";

    private static bool IsOfWord(byte letter) => char.IsAsciiLetter((char)letter) || letter == '-';
}
