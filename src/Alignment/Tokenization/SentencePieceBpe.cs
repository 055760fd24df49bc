using System.Buffers;
using System.Text;

namespace Alignment.Tokenization;

/// <summary>
/// SentencePiece BPE exactly as the C++ library (from tokenizer.model) or Hugging Face tokenizers (from tokenizer.json) encode: leftmost merge among
/// equal scores, byte fallback, dummy prefix, identity normalisation. Used by Phi-3, Llama-2, Mistral.
/// </summary>
internal sealed class SentencePieceBpe : VocabularyTokenizer
{
    private readonly SentencePieceParts _parts;
    private readonly bool _wordsAreApart;

    internal SentencePieceBpe(SentencePieceParts parts) : base(parts.Pieces, parts.Added)
    {
        _parts = parts;
        // no piece holds a space after another character, and no character vanishes: merges never cross the start of a word
        HashSet<int> marks = [.. parts.Added.Select(a => a.Id)];
        _wordsAreApart = !parts.TakesWholeWords && (parts.Bytes is not null || parts.Unknown >= 0)
            && !parts.Pieces.Index().Any(p => p.Item is { } piece && !marks.Contains(p.Index) && piece.TrimStart(Piece.Space).Contains(Piece.Space));
    }

    /// <summary>Where a space is written before the text, so that its first word is like any other.</summary>
    public SpacePrefix Prefix => _parts.Metaspace?.Prefix ?? _parts.Prefix;

    /// <summary>Reads a tokenizer.model; control pieces such as &lt;s&gt; are never found in text.</summary>
    /// <exception cref="InvalidDataException">The file is damaged or no identity-normalised BPE model.</exception>
    public static SentencePieceBpe FromModel(string path) => new(SentencePieceParts.Of(SentencePieceModel.Read(File.ReadAllBytes(path), path)));

    /// <inheritdoc/>
    public override string Decode(IEnumerable<int> ids) => _parts.Text.Decode(ids, PieceOf);

    private protected override void AppendSection(ReadOnlySpan<char> text, bool begins, List<int> ids)
    {
        text = _parts.Normalizer.Apply(text);
        if (_parts.Metaspace is null)
            WithSpaces(text, _parts.Prefix == SpacePrefix.Always && text.Length > 0, begins, ids, AppendNormalized);
        else
            AppendNormalized(text, begins, ids);
    }

    private protected override void AppendStretch(ReadOnlySpan<char> text, bool begins, List<int> ids)
    {
        if (_parts.Metaspace is not { } metaspace)
            AppendWords(text, ids);
        else
            WithSpaces(text, text[0] is not (' ' or Piece.Space) && (metaspace.Prefix == SpacePrefix.UnlessThere || (metaspace.Prefix == SpacePrefix.First && begins)),
                begins, ids, AppendSpaced);
    }

    private void AppendSpaced(ReadOnlySpan<char> text, bool begins, List<int> ids) => AppendWords(text, ids);

    private static void WithSpaces(ReadOnlySpan<char> text, bool prefixed, bool begins, List<int> ids, Section append)
    {
        int prefix = prefixed ? 1 : 0;
        char[] buffer = ArrayPool<char>.Shared.Rent(text.Length + 1);
        buffer[0] = Piece.Space;
        text.Replace(buffer.AsSpan(prefix), ' ', Piece.Space);
        append(buffer.AsSpan(0, text.Length + prefix), begins, ids);
        ArrayPool<char>.Shared.Return(buffer);
    }

    private protected override int FirstWord(ReadOnlySpan<char> text) => _parts.Metaspace is { Splits: true } ? Split(text)
        : _wordsAreApart ? EndOfWord(text) : text.Length;

    private static int Split(ReadOnlySpan<char> text)
    {
        int length = text[1..].IndexOf(Piece.Space);
        return length < 0 ? text.Length : length + 1;
    }

    // a word is its spaces and what follows them up to the next space
    private static int EndOfWord(ReadOnlySpan<char> text)
    {
        int letters = text.IndexOfAnyExcept(Piece.Space);
        if (letters < 0)
            return text.Length;
        int length = text[letters..].IndexOf(Piece.Space);
        return length < 0 ? text.Length : letters + length;
    }

    private protected override void AppendWord(ReadOnlySpan<char> word, List<int> ids)
    {
        if (_parts.TakesWholeWords && IdOf(word.ToString()) is { } whole)
        {
            ids.Add(whole);
            return;
        }

        SymbolChain chain = SymbolChain.OfThread();
        for (int at = 0; at < word.Length;)
        {
            Rune.DecodeFromUtf16(word[at..], out Rune rune, out int used);
            if (_parts.Characters.TryGetValue(rune, out int symbol))
                chain.Add(symbol, at);
            else if (_parts.Bytes is not null || _parts.Unknown >= 0)
                chain.Add(-1, at);
            at += used;
        }
        chain.Close(word.Length);
        chain.Merge(_parts.Pairs);
        bool wasUnknown = false;
        for (int i = 0; i < chain.Count; i = chain.Next(i))
        {
            int id = chain.Id(i);
            bool known = id >= 0 && id < _parts.Pieces.Length;
            if (known)
                ids.Add(id);
            else if (_parts.Bytes is { } bytes)
                AppendBytes(word[chain.Start(i)..chain.Start(chain.Next(i))], bytes, ids);
            else if (!(wasUnknown && _parts.FusesUnknown))
                ids.Add(_parts.Unknown);
            wasUnknown = !known;
        }
    }

    private static void AppendBytes(ReadOnlySpan<char> character, int[] bytes, List<int> ids)
    {
        Span<byte> utf8 = stackalloc byte[4];
        int count = Encoding.UTF8.GetBytes(character, utf8);
        foreach (byte b in utf8[..count])
            ids.Add(bytes[b]);
    }
}
