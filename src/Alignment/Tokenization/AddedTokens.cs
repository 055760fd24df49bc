using System.Buffers;
using System.Text;

namespace Alignment.Tokenization;

/// <summary>A token that is found as text before any merge: a marker such as &lt;|user|&gt;, or a run of spaces.</summary>
/// <param name="Content">Its text.</param>
/// <param name="Id">Its id.</param>
internal sealed record AddedToken(string Content, int Id)
{
    /// <summary>A marker: left out where a text is shown.</summary>
    public bool Special { get; init; }

    /// <summary>Looked for in the normalised text instead of the given one.</summary>
    public bool Normalized { get; init; }

    /// <summary>What is looked for: the content, or its own normal form.</summary>
    public string Sought { get => field ?? Content; init; }

    /// <summary>Is none where it stands beside a character of a word.</summary>
    public bool IsWord { get; init; }

    /// <summary>Takes the white space before it away.</summary>
    public bool StripsLeft { get; init; }

    /// <summary>Takes the white space after it away.</summary>
    public bool StripsRight { get; init; }
}

/// <summary>Finds added tokens in a text: leftmost first, the longest among those that begin at the same place.</summary>
internal sealed class AddedTokens
{
    private readonly Dictionary<char, AddedToken[]> _byFirst;
    private readonly SearchValues<char> _first;

    public AddedTokens(IEnumerable<AddedToken> tokens)
    {
        _byFirst = tokens.Where(t => t.Sought.Length > 0).GroupBy(t => t.Sought[0])
            .ToDictionary(g => g.Key, g => g.OrderByDescending(t => t.Sought.Length).ToArray());
        _first = SearchValues.Create(_byFirst.Keys.ToArray());
    }

    /// <summary>The next token at or after <paramref name="from"/>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="from">Where to begin.</param>
    /// <param name="passesOver">Takes a token and its place; where it says true, the token's text is none, and the next one is looked for behind it.</param>
    /// <returns>null, at the end, where no token follows.</returns>
    public (AddedToken? Token, int Start) Next(ReadOnlySpan<char> text, int from, Func<AddedToken, int, bool>? passesOver = null)
    {
        for (int at = from; at < text.Length; at++)
        {
            int skip = text[at..].IndexOfAny(_first);
            if (skip < 0)
                break;
            at += skip;
            if (At(text[at..]) is not { } token)
                continue;
            if (passesOver?.Invoke(token, at) != true && !(token.IsWord && IsInWord(text, at, at + token.Sought.Length)))
                return (token, at);
            at += token.Sought.Length - 1;
        }
        return (null, text.Length);
    }

    /// <summary>What a token at a place takes of the text, stripped white space included, no further back than <paramref name="from"/>.</summary>
    public static (int Start, int End) Range(ReadOnlySpan<char> text, AddedToken token, int at, int from) =>
        (Left(text, token, at, from), Right(text, token, at + token.Sought.Length));

    private static bool IsInWord(ReadOnlySpan<char> text, int start, int end) =>
        (Rune.DecodeLastFromUtf16(text[..start], out Rune before, out _) == OperationStatus.Done && CharacterClasses.IsOfWord(before))
        || (Rune.DecodeFromUtf16(text[end..], out Rune after, out _) == OperationStatus.Done && CharacterClasses.IsOfWord(after));

    private AddedToken? At(ReadOnlySpan<char> text)
    {
        foreach (AddedToken token in _byFirst[text[0]])
            if (text.StartsWith(token.Sought, StringComparison.Ordinal))
                return token;
        return null;
    }

    private static int Left(ReadOnlySpan<char> text, AddedToken token, int start, int from)
    {
        while (token.StripsLeft && start > from && char.IsWhiteSpace(text[start - 1]))
            start--;
        return start;
    }

    private static int Right(ReadOnlySpan<char> text, AddedToken token, int end)
    {
        while (token.StripsRight && end < text.Length && char.IsWhiteSpace(text[end]))
            end++;
        return end;
    }
}
