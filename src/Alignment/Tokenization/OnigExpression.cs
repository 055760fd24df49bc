using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Alignment.Tokenization;

/// <summary>
/// An expression of a tokenizer.json, written for Oniguruma, run by .NET with the same matches: it is translated by <see cref="OnigTranslation"/>, and each
/// code point beyond U+FFFF, of which .NET would see two halves, is shown to it as one character of the same category that the expression does not name.
/// </summary>
internal sealed class OnigExpression
{
    private readonly Regex _regex;
    private readonly OnigTranslation _translation;
    private readonly Dictionary<UnicodeCategory, char> _likeness = [];

    /// <exception cref="NotSupportedException">The expression has a part that .NET would not run exactly; the message says which.</exception>
    public OnigExpression(string pattern)
    {
        _translation = OnigTranslation.Of(pattern);
        _regex = new(_translation.Pattern, RegexOptions.CultureInvariant | RegexOptions.Compiled);
        foreach (UnicodeCategory category in Enum.GetValues<UnicodeCategory>())
            if (Likeness(category) is { } like)
                _likeness[category] = like;
            else if (category is not (UnicodeCategory.Control or UnicodeCategory.Surrogate or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator))
                throw new NotSupportedException($"it names every character of category {category}");
    }

    /// <summary>The matches of a text, in order.</summary>
    public void Matches(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        if (text.IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
        {
            foreach (ValueMatch match in _regex.EnumerateMatches(text))
                Add(match.Index, match.Index + match.Length);
            return;
        }

        char[] shown = ArrayPool<char>.Shared.Rent(text.Length);
        int[] places = ArrayPool<int>.Shared.Rent(text.Length + 1);
        int count = 0;
        for (int at = 0; at < text.Length; count++)
        {
            places[count] = at;
            Rune.DecodeFromUtf16(text[at..], out Rune rune, out int used);
            shown[count] = rune.IsBmp ? (char)rune.Value : _likeness[Rune.GetUnicodeCategory(rune)];
            at += used;
        }

        places[count] = text.Length;
        foreach (ValueMatch match in _regex.EnumerateMatches(shown.AsSpan(0, count)))
            Add(places[match.Index], places[match.Index + match.Length]);
        ArrayPool<char>.Shared.Return(shown);
        ArrayPool<int>.Shared.Return(places);

        // an empty match where the last one ended is none
        void Add(int start, int end)
        {
            if (end > start || matches.Count == 0 || matches[^1].End < start)
                matches.Add((start, end));
        }
    }

    private char? Likeness(UnicodeCategory category)
    {
        for (char c = '\u0250'; c < '\uFFFF'; c++)
            if (char.GetUnicodeCategory(c) == category && !_translation.Names(c))
                return c;
        return null;
    }
}
