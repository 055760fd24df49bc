using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.ML.Tokenizers;

namespace Alignment.Tokenization;

/// <summary>
/// A tokenizer with a fixed vocabulary and added tokens, behind Microsoft.ML.Tokenizers' <see cref="Tokenizer"/>. The text is cut at added tokens
/// first; what lies between them is encoded by the derived class. Safe for several threads.
/// </summary>
public abstract class VocabularyTokenizer : Tokenizer
{
    private readonly string?[] _pieces;
    private readonly Dictionary<string, int> _ids = [];
    private readonly HashSet<int> _special;
    private readonly AddedTokens _marks;

    private protected VocabularyTokenizer(string?[] pieces, IReadOnlyList<AddedToken> added)
    {
        _pieces = pieces;
        for (int id = 0; id < pieces.Length; id++)
            if (pieces[id] is { } piece)
                _ids.TryAdd(piece, id);
        AddedTokens = added;
        _special = [.. added.Where(a => a.Special).Select(a => a.Id)];
        _marks = new(added.Where(a => !a.Normalized));
    }

    /// <summary>One more than the highest id, added tokens included.</summary>
    public int VocabularySize => _pieces.Length;

    /// <summary>The tokens found as text before any merge.</summary>
    public IReadOnlyList<AddedToken> AddedTokens { get; }

    /// <summary>The id of a piece or added token as the vocabulary spells it; null where there is none.</summary>
    public int? IdOf(string piece) => _ids.TryGetValue(piece, out int id) ? id : null;

    /// <summary>The piece of an id as the vocabulary spells it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The vocabulary has no such id.</exception>
    public string PieceOf(int id) => PieceOrNull(id)
        ?? throw new ArgumentOutOfRangeException(nameof(id), $"token {id} is not in the vocabulary of {_pieces.Length} tokens");

    /// <summary>The piece of an id, or null where the vocabulary has no such id.</summary>
    public string? PieceOrNull(long id) => id >= 0 && id < _pieces.Length ? _pieces[id] : null;

    /// <summary>The text of the ids, special tokens spelled out; broken UTF-8 becomes U+FFFD.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    public abstract override string Decode(IEnumerable<int> ids);

    /// <summary>The text of the ids without special tokens.</summary>
    public string DecodeWithoutSpecial(IEnumerable<int> ids) => Decode(ids.Where(id => !_special.Contains(id)));

    /// <inheritdoc/>
    public override OperationStatus Decode(IEnumerable<int> ids, Span<char> destination, out int idsConsumed, out int charsWritten)
    {
        int[] all = [.. ids];
        string text = Decode(all);
        bool fits = text.TryCopyTo(destination);
        (idsConsumed, charsWritten) = fits ? (all.Length, text.Length) : (0, 0);
        return fits ? OperationStatus.Done : OperationStatus.DestinationTooSmall;
    }

    /// <summary>Encodes a stretch without markers; <paramref name="text"/> is not empty.</summary>
    private protected abstract void AppendSection(ReadOnlySpan<char> text, List<int> ids);

    /// <summary>Ids of the text; at most <see cref="EncodeSettings.MaxTokenCount"/> of them.</summary>
    protected override EncodeResults<int> EncodeToIds(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        ReadOnlySpan<char> all = text ?? textSpan;
        List<int> ids = new((all.Length / 3) + 4);
        Cut(_marks, all, ids, AppendSection);
        if (ids.Count > settings.MaxTokenCount)
            CollectionsMarshal.SetCount(ids, settings.MaxTokenCount);
        return new() { Tokens = ids, CharsConsumed = all.Length };
    }

    /// <summary>Ids and pieces; offsets into the text are not kept (0..0).</summary>
    protected override EncodeResults<EncodedToken> EncodeToTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        EncodeResults<int> ids = EncodeToIds(text, textSpan, settings);
        return new() { Tokens = [.. ids.Tokens.Select(id => new EncodedToken(id, PieceOf(id), default))], CharsConsumed = ids.CharsConsumed };
    }

    /// <inheritdoc/>
    protected override int CountTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings) =>
        EncodeToIds(text, textSpan, settings).Tokens.Count;

    /// <summary>Not offered: tokens do not know their place in the text.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    protected override int GetIndexByTokenCount(
        string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings, bool fromEnd, out string? normalizedText, out int tokenCount) =>
        throw new NotSupportedException($"{GetType().Name} keeps no offsets: encode and cut the ids instead");

    private protected delegate void Section(ReadOnlySpan<char> text, List<int> ids);

    private protected static void Cut(AddedTokens marks, ReadOnlySpan<char> text, List<int> ids, Section section)
    {
        for (int at = 0; at < text.Length;)
        {
            (AddedToken? token, int start, int end) = marks.Next(text, at);
            if (start > at)
                section(text[at..start], ids);
            if (token is not null)
                ids.Add(token.Id);
            at = end;
        }
    }
}

/// <summary>Finds added tokens in a text: leftmost first, the longest among those that begin at the same place.</summary>
internal sealed class AddedTokens
{
    private readonly Dictionary<char, AddedToken[]> _byFirst;
    private readonly SearchValues<char> _first;

    public AddedTokens(IEnumerable<AddedToken> tokens)
    {
        _byFirst = tokens.Where(t => t.Content.Length > 0).GroupBy(t => t.Content[0])
            .ToDictionary(g => g.Key, g => g.OrderByDescending(t => t.Content.Length).ToArray());
        _first = SearchValues.Create(_byFirst.Keys.ToArray());
    }

    /// <summary>The next token at or after <paramref name="from"/>, and what it takes of the text (stripped white space included).</summary>
    /// <returns>null, and an empty range at the end, where no token follows.</returns>
    public (AddedToken? Token, int Start, int End) Next(ReadOnlySpan<char> text, int from)
    {
        for (int at = from; at < text.Length; at++)
        {
            int skip = text[at..].IndexOfAny(_first);
            if (skip < 0)
                break;
            at += skip;
            foreach (AddedToken token in _byFirst[text[at]])
                if (text[at..].StartsWith(token.Content, StringComparison.Ordinal))
                    return (token, Left(text, token, at, from), Right(text, token, at + token.Content.Length));
        }
        return (null, text.Length, text.Length);
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

/// <summary>A token that is found as text before any merge: a marker such as &lt;|user|&gt;, or a run of spaces.</summary>
/// <param name="Content">Its text.</param>
/// <param name="Id">Its id.</param>
public sealed record AddedToken(string Content, int Id)
{
    /// <summary>A marker: left out where a text is shown.</summary>
    public bool Special { get; init; }

    /// <summary>Looked for in the normalised text instead of the given one.</summary>
    public bool Normalized { get; init; }

    /// <summary>Takes the white space before it away.</summary>
    public bool StripsLeft { get; init; }

    /// <summary>Takes the white space after it away.</summary>
    public bool StripsRight { get; init; }
}
