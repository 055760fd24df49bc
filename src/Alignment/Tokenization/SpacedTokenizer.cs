using System.Buffers;

namespace Alignment.Tokenization;

/// <summary>What a <see cref="SpacedTokenizer"/> needs beside its model.</summary>
internal abstract record SpacedParts
{
    /// <summary>Pieces by id, null where an id is not used.</summary>
    public required string?[] Pieces { get; init; }

    /// <summary>Markers and user-defined pieces.</summary>
    public required IReadOnlyList<AddedToken> Added { get; init; }

    /// <summary>What is done to a text before its words are encoded.</summary>
    public required Spacing Spacing { get; init; }

    /// <summary>Ids of the byte pieces, −1 where there is none; null without byte fallback.</summary>
    public required int[]? Bytes { get; init; }

    /// <summary>Id of a character that bytes do not spell either; −1 where such a character is left out.</summary>
    public required int Unknown { get; init; }

    /// <summary>From ids back to text.</summary>
    public required IPieceText Text { get; init; }
}

/// <summary>A tokenizer whose pieces hold ▁ for a space: normalises, writes ▁, and leaves words to its model.</summary>
internal abstract class SpacedTokenizer : VocabularyTokenizer
{
    private readonly Spacing _spacing;
    private readonly IPieceText _text;
    private readonly Section _normalized, _words, _spaced; // made once, not for every text

    private protected SpacedTokenizer(SpacedParts parts) : base(parts.Pieces, parts.Added)
    {
        (_spacing, _text) = (parts.Spacing, parts.Text);
        (_normalized, _words, _spaced) = (AppendNormalized, (text, _, ids) => AppendWords(text, ids), AppendSpaced);
    }

    /// <inheritdoc/>
    public sealed override SpacePrefix Prefix => _spacing.Metaspace?.Prefix ?? _spacing.Prefix;

    /// <inheritdoc/>
    public sealed override string Decode(IEnumerable<int> ids) => _text.Decode(ids, PieceOf);

    private protected sealed override void AppendSection(ReadOnlySpan<char> text, bool begins, List<int> ids)
    {
        text = _spacing.Normalizer.Apply(text);
        if (_spacing.Metaspace is null)
            WithSpaces(text, _spacing.Prefix == SpacePrefix.Always && text.Length > 0, begins, ids, _normalized);
        else
            AppendNormalized(text, begins, ids);
    }

    private protected sealed override void AppendStretch(ReadOnlySpan<char> text, bool begins, List<int> ids)
    {
        if (_spacing.Metaspace is null)
            AppendWords(text, ids);
        else if (_spacing.Before.Count == 0)
            AppendSpaced(text, begins, ids);
        else
            Split(_spacing.Before, text, begins, ids, _spaced);
    }

    private void AppendSpaced(ReadOnlySpan<char> text, bool begins, List<int> ids) => WithSpaces(text,
        text[0] is not (' ' or Piece.Space) && (Prefix == SpacePrefix.UnlessThere || (Prefix == SpacePrefix.First && begins)), begins, ids, _words);

    private static void WithSpaces(ReadOnlySpan<char> text, bool prefixed, bool begins, List<int> ids, Section append)
    {
        int prefix = prefixed ? 1 : 0;
        char[] buffer = ArrayPool<char>.Shared.Rent(text.Length + 1);
        buffer[0] = Piece.Space;
        text.Replace(buffer.AsSpan(prefix), ' ', Piece.Space);
        append(buffer.AsSpan(0, text.Length + prefix), begins, ids);
        ArrayPool<char>.Shared.Return(buffer);
    }

    private protected sealed override int FirstWord(ReadOnlySpan<char> text)
    {
        if (_spacing.Metaspace is not { Splits: true })
            return EndOfWord(text);
        int length = text[1..].IndexOf(Piece.Space);
        return length < 0 ? text.Length : length + 1;
    }

    /// <summary>How far the model must see at least, where the text is not split at every ▁.</summary>
    private protected abstract int EndOfWord(ReadOnlySpan<char> text);
}
