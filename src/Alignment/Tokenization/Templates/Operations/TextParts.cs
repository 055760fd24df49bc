using System.Text;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Operations;

/// <summary>Stripping, replacing and padding texts as Python does.</summary>
internal static class TextParts
{
    /// <summary>Without white space, or the given characters, at its ends.</summary>
    public static string Strip(string text, string? characters, bool left = true, bool right = true)
    {
        HashSet<int>? set = characters == null ? null : [.. CodePoints.Of(characters)];
        int from = 0, to = text.Length;
        while (left && from < to && IsStripped(text, from, set))
            from += CodePoints.SizeAt(text, from);
        while (right && to > from && IsStripped(text, Before(text, to, from), set))
            to = Before(text, to, from);
        return text[from..to];
    }

    /// <summary>Old parts replaced by new ones, the first so many only where the count is not negative.</summary>
    public static string Replace(string text, string old, string by, int count)
    {
        if (count < 0 && old.Length > 0)
            return (long)text.Length / old.Length * by.Length > 2 * Budget.LongestText && (long)Occurrences(text, old) * by.Length > 2 * Budget.LongestText
                ? throw new TemplateException($"a text gets longer than {Budget.LongestText} characters") : text.Replace(old, by, StringComparison.Ordinal);
        StringBuilder replaced = new();
        int at = 0;
        for (int done = 0; done < count || count < 0; done++)
        {
            // an empty text stands before each character and at the end
            int next = old.Length > 0 ? text.IndexOf(old, at, StringComparison.Ordinal) : done == 0 ? 0 : at < text.Length ? at + CodePoints.SizeAt(text, at) : -1;
            if (next < 0 || replaced.Length > 2 * Budget.LongestText)
                break;
            replaced.Append(text, at, next - at).Append(by);
            at = next + old.Length;
        }

        return replaced.Append(text, at, text.Length - at).ToString();
    }

    /// <summary>How often a part occurs without overlapping; an empty one stands between all characters.</summary>
    public static int Occurrences(string text, string part)
    {
        if (part.Length == 0)
            return CodePoints.Count(text) + 1;
        int count = 0;
        for (int at = text.IndexOf(part, StringComparison.Ordinal); at >= 0; at = text.IndexOf(part, at + part.Length, StringComparison.Ordinal))
            count++;
        return count;
    }

    /// <summary>Filled up to a width: ljust, rjust or center.</summary>
    public static string Justify(string text, int width, string fill, string name)
    {
        int missing = Math.Max(0, width - CodePoints.Count(text));
        int left = name switch { "ljust" => 0, "rjust" => missing, _ => (missing / 2) + (missing & width & 1) };
        return CodePoints.Count(fill) != 1 ? throw new TemplateException("The fill character must be exactly one character long")
            : string.Concat(Enumerable.Repeat(fill, left)) + text + string.Concat(Enumerable.Repeat(fill, missing - left));
    }

    /// <summary>Zeros between the sign and the digits.</summary>
    public static string ZeroFill(string text, int width) => text.Length > 0 && text[0] is '+' or '-' ? text[0] + Justify(text[1..], width - 1, "0", "rjust") : Justify(text, width, "0", "rjust");

    /// <summary>Tabs as spaces up to the next column that is a multiple of the size.</summary>
    public static string ExpandTabs(string text, int size)
    {
        StringBuilder expanded = new();
        int column = 0;
        foreach (char letter in text)
        {
            int width = letter == '\t' ? size > 0 ? size - (column % size) : 0 : 1;
            if (expanded.Length + (long)width > 2 * Budget.LongestText)
                break;
            expanded.Append(letter == '\t' ? ' ' : letter, width);
            column = letter is '\n' or '\r' ? 0 : column + width;
        }

        return expanded.ToString();
    }

    private static int Before(string text, int at, int from) => at - 2 >= from && CodePoints.SizeAt(text, at - 2) == 2 ? at - 2 : at - 1;

    private static bool IsStripped(string text, int at, HashSet<int>? set) => set == null ? CodePoints.IsSpace(text[at])
        : set.Contains(CodePoints.SizeAt(text, at) == 2 ? char.ConvertToUtf32(text, at) : text[at]);
}
