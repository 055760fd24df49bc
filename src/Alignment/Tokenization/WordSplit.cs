using System.Globalization;
using System.Text;

namespace Alignment.Tokenization;

/// <summary>
/// GPT-2's pre-tokenizer by hand (Radford et al. 2019, encoder.py):
/// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+, over code points, which .NET's expressions are not.
/// </summary>
internal static class WordSplit
{
    private enum Class
    {
        Space,
        Letter,
        Number,
        Other,
    }

    /// <summary>Length of the first word of a text that is not empty.</summary>
    public static int First(ReadOnlySpan<char> text)
    {
        if (text[0] == '\'' && Contraction(text) is > 0 and int contraction)
            return contraction;
        int lead = text[0] == ' ' && text.Length > 1 && At(text, 1, out _) != Class.Space ? 1 : 0;
        Class kind = At(text, lead, out int end);
        while (end < text.Length && At(text, end, out int next) == kind)
            end = next;
        // the last space of a run belongs to the word after it
        return kind == Class.Space && end < text.Length && end > 1 ? end - 1 : end;
    }

    private static int Contraction(ReadOnlySpan<char> text)
    {
        if (text.StartsWith("'re", StringComparison.Ordinal) || text.StartsWith("'ve", StringComparison.Ordinal)
            || text.StartsWith("'ll", StringComparison.Ordinal))
            return 3;
        return text.Length > 1 && text[1] is 's' or 't' or 'm' or 'd' ? 2 : 0;
    }

    private static Class At(ReadOnlySpan<char> text, int at, out int next)
    {
        char c = text[at];
        next = at + 1;
        if (char.IsAscii(c))
            return char.IsAsciiLetter(c) ? Class.Letter : char.IsAsciiDigit(c) ? Class.Number : char.IsWhiteSpace(c) ? Class.Space : Class.Other;
        Rune.DecodeFromUtf16(text[at..], out Rune rune, out int used);
        next = at + used;
        return Rune.IsWhiteSpace(rune) ? Class.Space : Rune.GetUnicodeCategory(rune) switch
        {
            <= UnicodeCategory.OtherLetter => Class.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Class.Number,
            _ => Class.Other,
        };
    }
}
