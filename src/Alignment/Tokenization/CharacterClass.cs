using System.Globalization;
using System.Text;

namespace Alignment.Tokenization;

/// <summary>What byte-level pre-tokenizers tell apart.</summary>
internal enum CharacterClass
{
    /// <summary>\s.</summary>
    Space,

    /// <summary>\p{L}.</summary>
    Letter,

    /// <summary>\p{N}.</summary>
    Number,

    /// <summary>Anything else, marks included.</summary>
    Other,
}

/// <summary>Classes of code points, which .NET's regular expressions do not see beyond U+FFFF.</summary>
internal static class CharacterClasses
{
    private static readonly CharacterClass[] s_ascii = [.. Enumerable.Range(0, 128).Select(c => Of(new Rune(c)))];

    /// <summary>The class of the code point at a place, and where the next one begins.</summary>
    public static CharacterClass At(ReadOnlySpan<char> text, int at, out int next)
    {
        int c = text[at];
        next = at + 1;
        if (c < s_ascii.Length)
            return s_ascii[c];
        Rune.DecodeFromUtf16(text[at..], out Rune rune, out int used);
        next = at + used;
        return Of(rune);
    }

    private static CharacterClass Of(Rune rune) => Rune.IsWhiteSpace(rune) ? CharacterClass.Space : Rune.GetUnicodeCategory(rune) switch
    {
        <= UnicodeCategory.OtherLetter => CharacterClass.Letter,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharacterClass.Number,
        _ => CharacterClass.Other,
    };

    /// <summary>\w as Rust has it: letters, marks, decimal digits, connectors, joiners, and what looks like a letter (UTS #18, annex C).</summary>
    public static bool IsOfWord(Rune rune) => Rune.GetUnicodeCategory(rune) is <= UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation
        || rune.Value is 0x200C or 0x200D or (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);
}
