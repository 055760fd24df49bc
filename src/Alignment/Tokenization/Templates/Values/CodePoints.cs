using System.Globalization;
using System.Text;

namespace Alignment.Tokenization.Templates.Values;

/// <summary>Texts by code points: a pair of surrogates is one character to Python.</summary>
internal static class CodePoints
{
    /// <summary>How many.</summary>
    public static int Count(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\ud800', '\udbff'))
            return text.Length;
        int count = 0;
        for (int at = 0; at < text.Length; at += SizeAt(text, at))
            count++;
        return count;
    }

    /// <summary>Chars of the code point that begins here.</summary>
    public static int SizeAt(string text, int at) => char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;

    /// <summary>The code points of a text.</summary>
    public static IEnumerable<int> Of(string text)
    {
        for (int at = 0; at < text.Length; at += SizeAt(text, at))
            yield return SizeAt(text, at) == 2 ? char.ConvertToUtf32(text, at) : text[at];
    }

    /// <summary>So many code points from one on.</summary>
    public static string Slice(string text, int from, int count)
    {
        int begin = Offset(text, 0, from);
        return text[begin..Offset(text, begin, count)];
    }

    /// <summary>Where the char stands that is so many code points behind another.</summary>
    public static int Offset(string text, int begin, int count)
    {
        if (!text.AsSpan(begin).ContainsAnyInRange('\ud800', '\udbff'))
            return Math.Min(text.Length, begin + count);
        for (; count > 0 && begin < text.Length; count--)
            begin += SizeAt(text, begin);
        return begin;
    }

    /// <summary>Less than, equal to or more than zero: order of code points.</summary>
    public static int Compare(string left, string right)
    {
        int same = left.AsSpan().CommonPrefixLength(right);
        if (same == left.Length || same == right.Length)
            return left.Length.CompareTo(right.Length);
        char a = left[same], b = right[same];
        return char.IsSurrogate(a) == char.IsSurrogate(b) ? a.CompareTo(b) : char.IsSurrogate(a) ? 1 : -1;
    }

    /// <summary>White space as Python's str.isspace() sees it.</summary>
    public static bool IsSpace(char letter) => char.IsWhiteSpace(letter) || letter is >= '\x1c' and <= '\x1f';

    /// <summary>The text between quotes as Python writes it in source.</summary>
    public static string Repr(string text)
    {
        char quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        StringBuilder written = new();
        written.Append(quote);
        for (int at = 0, size; at < text.Length; at += size)
        {
            size = SizeAt(text, at);
            int point = size == 2 ? char.ConvertToUtf32(text, at) : text[at];
            _ = point switch
            {
                '\n' => written.Append("\\n"),
                '\r' => written.Append("\\r"),
                '\t' => written.Append("\\t"),
                '\\' => written.Append("\\\\"),
                _ when point == quote => written.Append('\\').Append(quote),
                _ when IsPrintable(point) => written.Append(text, at, size),
                < 0x100 => written.Append(CultureInfo.InvariantCulture, $"\\x{point:x2}"),
                < 0x10000 => written.Append(CultureInfo.InvariantCulture, $"\\u{point:x4}"),
                _ => written.Append(CultureInfo.InvariantCulture, $"\\U{point:x8}"),
            };
        }

        return written.Append(quote).ToString();
    }

    private static bool IsPrintable(int point) => point == ' ' || CharUnicodeInfo.GetUnicodeCategory(point) is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}
