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

    /// <summary>"line 3: a value is missing before ','", or what the parser says where the text is not at hand.</summary>
    public static string Text(ReadOnlySpan<byte> utf8, JsonException e) => e.LineNumber is { } line ? $"line {line + 1}: {InLine(utf8, e)}" : e.Message;

    /// <summary>As <see cref="Text"/>, where the line is told already.</summary>
    public static string InLine(ReadOnlySpan<byte> utf8, JsonException e)
    {
        if (e.LineNumber == null || utf8.IsEmpty)
            return e.Message.Split(" LineNumber:")[0];
        int at = Offset(utf8, e);
        return Word(utf8, at) ?? (e.Message.Contains("maximum configured depth", StringComparison.OrdinalIgnoreCase) ? "lists and objects stand more than 64 deep in each other"
            : utf8[at..].Trim(" \t\r\n"u8).IsEmpty ? "the text ends before what it began: it is cut, or a closing quote or bracket is missing; write the rest, or copy the file again"
            : (char)utf8[at] switch
            {
                '\'' => "a single quote stands here: texts stand in double quotes",
                '/' or '#' => "a comment stands here, which JSON has not",
                ',' or ':' or ']' or '}' => $"something is missing before '{(char)utf8[at]}', or a comma is one too many there",
                < ' ' => "a line break, a tab or a control character stands inside a text: write it as \\n, \\t or \\u00XX",
                '\\' => "a backslash stands where none can: in a text, a backslash itself is written \\\\",
                _ => $"{Rune(utf8[at..])} stands where none can: a comma, a colon or a quote is missing before it",
            });
    }

    /// <summary>": NaN is no JSON number: write a number or null" where such a word stands at the error, ": the row is cut here" at the end, else nothing.</summary>
    public static string Hint(ReadOnlySpan<byte> utf8, JsonException e)
    {
        int at = Offset(utf8, e);
        return Word(utf8, at) is { } advice ? $": {advice}" : at < utf8.Length ? utf8[at] == '\'' ? ": texts stand in double quotes" : ""
            : ": it is cut here, or a line break stands inside it";
    }

    private static int Offset(ReadOnlySpan<byte> utf8, JsonException e)
    {
        int at = 0;
        for (long line = e.LineNumber ?? 0; line > 0 && at < utf8.Length; at++)
            line -= utf8[at] == '\n' ? 1 : 0;
        return (int)Math.Min(utf8.Length, at + (e.BytePositionInLine ?? 0));
    }

    private static string? Word(ReadOnlySpan<byte> utf8, int at)
    {
        (int from, int to) = (at, at);
        while (from > 0 && IsOfWord(utf8[from - 1]))
            from--;
        while (to < utf8.Length && IsOfWord(utf8[to]))
            to++;
        string word = Encoding.UTF8.GetString(utf8[from..to]);
        return s_words.TryGetValue(word, out string? advice) ? $"{word} {advice}" : null;
    }

    private static string Rune(ReadOnlySpan<byte> utf8) => System.Text.Rune.DecodeFromUtf8(utf8, out Rune rune, out _) == System.Buffers.OperationStatus.Done ? $"'{rune}'" : "a byte that is no text";

    /// <summary>Where a stored file that a program wrote is damaged: "line 3, $.facts".</summary>
    public static string Place(JsonException e) => $"line {(e.LineNumber ?? 0) + 1}{(e.Path is { Length: > 0 } path ? $", {path}" : "")}";

    private static bool IsOfWord(byte letter) => char.IsAsciiLetter((char)letter) || letter == '-';
}
