using System.Text;

namespace Alignment.Tokenization;

/// <summary>What becomes of a match where a text is split.</summary>
internal enum SplitBehavior
{
    /// <summary>It is a word.</summary>
    Isolated,

    /// <summary>It is left out.</summary>
    Removed,

    /// <summary>Neighbouring matches are one word.</summary>
    Contiguous,

    /// <summary>It ends the word before it.</summary>
    MergedWithPrevious,

    /// <summary>It begins the word after it.</summary>
    MergedWithNext,
}

/// <summary>Adds the matches of a text, in order.</summary>
internal delegate void MatchFinder(ReadOnlySpan<char> text, List<(int Start, int End)> matches);

/// <summary>One step of a pre-tokenizer: splits a text at matches, or (inverted) at what lies between them.</summary>
/// <param name="Find">Finds what is looked for.</param>
/// <param name="Behavior">What becomes of it.</param>
/// <param name="Inverted">Matches are what lies between those found.</param>
internal sealed record SplitStep(MatchFinder Find, SplitBehavior Behavior, bool Inverted)
{
    /// <summary>Splits at characters of a kind, each a match.</summary>
    public static SplitStep At(Func<Rune, bool> isOne, SplitBehavior behavior) => new((text, matches) =>
    {
        for (int at = 0, used; at < text.Length; at += used)
        {
            Rune.DecodeFromUtf16(text[at..], out Rune rune, out used);
            if (isOne(rune))
                matches.Add((at, at + used));
        }
    }, behavior, Inverted: false);

    /// <summary>Places of the words of a text that is not empty.</summary>
    public List<(int Start, int End)> Words(ReadOnlySpan<char> text)
    {
        List<(int Start, int End)> matches = [];
        Find(text, matches);
        if (Behavior == SplitBehavior.Isolated && matches.Count == 1 && matches[0] == (0, text.Length))
            return matches;
        List<(int Start, int End, bool IsMatch)> parts = new((2 * matches.Count) + 1);
        int at = 0;
        foreach ((int start, int end) in matches)
        {
            if (start > at)
                parts.Add((at, start, Inverted));
            parts.Add((start, end, !Inverted));
            at = end;
        }

        if (at < text.Length)
            parts.Add((at, text.Length, Inverted));
        List<(int Start, int End)> words = Behavior switch
        {
            SplitBehavior.Isolated => [.. parts.Select(part => (part.Start, part.End))],
            SplitBehavior.Removed => [.. parts.Where(part => !part.IsMatch).Select(part => (part.Start, part.End))],
            SplitBehavior.MergedWithNext => BeforeNext(parts),
            _ => Merged(parts, Behavior == SplitBehavior.Contiguous),
        };
        words.RemoveAll(word => word.Start == word.End);
        return words;
    }

    // a match joins what stands before it where that is none; contiguous: all of one kind join
    private static List<(int, int)> Merged(List<(int Start, int End, bool IsMatch)> parts, bool contiguous)
    {
        List<(int Start, int End)> words = [];
        bool before = false;
        foreach ((int start, int end, bool isMatch) in parts)
        {
            if (words.Count > 0 && (contiguous ? isMatch == before : isMatch && !before))
                words[^1] = (words[^1].Start, end);
            else
                words.Add((start, end));
            before = isMatch;
        }

        return words;
    }

    private static List<(int, int)> BeforeNext(List<(int Start, int End, bool IsMatch)> parts)
    {
        List<(int Start, int End)> words = [];
        bool after = false;
        foreach ((int start, int end, bool isMatch) in Enumerable.Reverse(parts))
        {
            if (words.Count > 0 && isMatch && !after)
                words[^1] = (start, words[^1].End);
            else
                words.Add((start, end));
            after = isMatch;
        }

        words.Reverse();
        return words;
    }
}
