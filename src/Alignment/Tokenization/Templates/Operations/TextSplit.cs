using System.Buffers;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Operations;

/// <summary>Python's split, rsplit, splitlines, partition and rpartition.</summary>
internal static class TextSplit
{
    private static readonly SearchValues<char> s_lineEnds = SearchValues.Create("\n\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029");

    /// <summary>The parts between separators, or between runs of white space where there is none.</summary>
    /// <param name="text">What is split.</param>
    /// <param name="separator">Null: white space.</param>
    /// <param name="most">Most cuts; a negative number: all.</param>
    /// <param name="fromRight">The last cuts instead of the first.</param>
    /// <exception cref="TemplateException">The separator is empty.</exception>
    public static List<string> Parts(string text, string? separator, int most, bool fromRight)
    {
        if (separator == "")
            throw new TemplateException("empty separator");
        List<string> parts = (separator, fromRight) switch
        {
            (null, false) => Words(text, most),
            (null, true) => WordsFromRight(text, most),
            (_, false) => Between(text, separator, most),
            _ => BetweenFromRight(text, separator, most),
        };
        if (fromRight)
            parts.Reverse();
        return parts;
    }

    /// <summary>Lines without their ends, or with them.</summary>
    public static List<string> Lines(string text, bool keepEnds)
    {
        List<string> lines = [];
        for (int at = 0; at < text.Length;)
        {
            int end = text.AsSpan(at).IndexOfAny(s_lineEnds) is var found and >= 0 ? at + found : text.Length;
            int next = end == text.Length ? end : text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n' ? end + 2 : end + 1;
            lines.Add(text[at..(keepEnds ? next : end)]);
            at = next;
        }

        return lines;
    }

    /// <summary>What stands before a separator, the separator, and what follows it.</summary>
    public static string[] Partition(string text, string separator, bool fromRight)
    {
        if (separator.Length == 0)
            throw new TemplateException("empty separator");
        int at = fromRight ? text.LastIndexOf(separator, StringComparison.Ordinal) : text.IndexOf(separator, StringComparison.Ordinal);
        return at >= 0 ? [text[..at], separator, text[(at + separator.Length)..]] : fromRight ? ["", "", text] : [text, "", ""];
    }

    private static List<string> Between(string text, string separator, int most)
    {
        List<string> parts = [];
        int at = 0;
        for (int next; parts.Count != most && (next = text.IndexOf(separator, at, StringComparison.Ordinal)) >= 0; at = next + separator.Length)
            parts.Add(text[at..next]);
        parts.Add(text[at..]);
        return parts;
    }

    private static List<string> BetweenFromRight(string text, string separator, int most)
    {
        List<string> parts = [];
        int end = text.Length;
        for (int next; parts.Count != most && (next = text.AsSpan(0, end).LastIndexOf(separator, StringComparison.Ordinal)) >= 0; end = next)
            parts.Add(text[(next + separator.Length)..end]);
        parts.Add(text[..end]);
        return parts;
    }

    private static List<string> Words(string text, int most)
    {
        List<string> parts = [];
        for (int at = 0, end; (at = Skip(text, at, space: true)) < text.Length; at = end)
        {
            end = parts.Count == most ? text.Length : Skip(text, at, space: false);
            parts.Add(text[at..end]);
        }

        return parts;
    }

    private static List<string> WordsFromRight(string text, int most)
    {
        List<string> parts = [];
        for (int end = text.Length, at; (end = SkipBack(text, end, space: true)) > 0; end = at)
        {
            at = parts.Count == most ? 0 : SkipBack(text, end, space: false);
            parts.Add(text[at..end]);
        }

        return parts;
    }

    private static int Skip(string text, int at, bool space)
    {
        while (at < text.Length && CodePoints.IsSpace(text[at]) == space)
            at++;
        return at;
    }

    private static int SkipBack(string text, int end, bool space)
    {
        while (end > 0 && CodePoints.IsSpace(text[end - 1]) == space)
            end--;
        return end;
    }
}
