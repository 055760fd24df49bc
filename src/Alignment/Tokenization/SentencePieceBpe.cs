using System.Buffers;
using System.Text;

namespace Alignment.Tokenization;

/// <summary>
/// SentencePiece BPE exactly as the C++ library (from tokenizer.model) or Hugging Face tokenizers (from tokenizer.json) encode: leftmost merge among
/// equal scores, byte fallback, dummy prefix, identity normalisation. Used by Phi-3, Llama-2, Mistral.
/// </summary>
internal sealed class SentencePieceBpe : SpacedTokenizer
{
    private readonly SentencePieceParts _parts;
    private readonly bool _cutsWords;
    private readonly SearchValues<char> _beforeSpace; // stand before a space inside a piece

    internal SentencePieceBpe(SentencePieceParts parts) : base(parts)
    {
        _parts = parts;
        // merges never cross two characters that stand beside each other in no piece, as long as no character vanishes between them
        HashSet<int> marks = [.. parts.Added.Select(a => a.Id)];
        _beforeSpace = SearchValues.Create([.. parts.Pieces.Index().Where(p => p.Item is not null && !marks.Contains(p.Index))
            .SelectMany(p => p.Item!.Zip(p.Item!.Skip(1)).Where(pair => pair.Second == Piece.Space && pair.First != Piece.Space)).Select(pair => pair.First).Distinct()]);
        _cutsWords = !parts.TakesWholeWords && (parts.Unknown >= 0 || parts.Bytes?.Contains(-1) == false) && parts.Characters.ContainsKey(new(Piece.Space));
    }

    /// <summary>Reads a tokenizer.model; control pieces such as &lt;s&gt; are never found in text.</summary>
    /// <exception cref="InvalidDataException">The file is damaged or no identity-normalised BPE model.</exception>
    public static SentencePieceBpe FromModel(string path) => new(SentencePieceParts.Of(SentencePieceModel.Read(File.ReadAllBytes(path), path)));

    // a word is its spaces and what follows them up to the next space that a merge cannot reach
    private protected override int EndOfWord(ReadOnlySpan<char> text)
    {
        if (!_cutsWords)
            return text.Length;
        int end = text.IndexOfAnyExcept(Piece.Space);
        while (end >= 0 && end < text.Length)
        {
            int length = text[end..].IndexOf(Piece.Space);
            if (length < 0)
                break;
            end += length;
            if (text[end - 1] != Piece.Space && !_beforeSpace.Contains(text[end - 1]))
                return end;
            end++;
        }

        return text.Length;
    }

    private protected override void AppendWord(ReadOnlySpan<char> word, List<int> ids)
    {
        if (_parts.TakesWholeWords && IdOf(word.ToString()) is { } whole)
        {
            ids.Add(whole);
            return;
        }

        SymbolChain chain = Symbols(word);
        chain.Merge(_parts.Pairs);
        bool wasUnknown = false;
        for (int i = 0; i < chain.Count; i = chain.Next(i))
        {
            int id = chain.Id(i);
            bool known = id < _parts.InnerFrom;
            if (!known && _parts.Bytes is { } bytes)
                AppendBytes(word[chain.Start(i)..chain.Start(chain.Next(i))], bytes, ids);
            else if (known && id != _parts.Unknown)
                ids.Add(id);
            else if (!(wasUnknown && _parts.FusesUnknown))
                ids.Add(_parts.Unknown);
            wasUnknown = !known || id == _parts.Unknown;
        }
    }

    // a character is a symbol, or the bytes it is spelled in, or unknown; the unknown wait for the next that is a symbol
    private SymbolChain Symbols(ReadOnlySpan<char> word)
    {
        SymbolChain chain = SymbolChain.OfThread();
        bool unknown = false;
        Span<byte> utf8 = stackalloc byte[4];
        for (int at = 0; at < word.Length;)
        {
            Rune.DecodeFromUtf16(word[at..], out Rune rune, out int used);
            bool isSymbol = _parts.Characters.TryGetValue(rune, out int symbol);
            int count = isSymbol || _parts.Bytes is null ? 0 : rune.EncodeToUtf8(utf8);
            bool isSpelled = count > 0 && Spelled(utf8[..count], _parts.Bytes!);
            if (isSpelled)
                foreach (byte b in utf8[..count])
                    chain.Add(_parts.Bytes![b], at);
            else if (_parts.Unknown >= 0 && unknown && (isSymbol || !_parts.FusesUnknown))
                chain.Add(_parts.Unknown, at);
            if (isSymbol)
                chain.Add(symbol, at);
            unknown = !isSymbol && (unknown || !isSpelled);
            at += used;
        }

        if (unknown && _parts.Unknown >= 0)
            chain.Add(_parts.Unknown, word.Length);
        chain.Close(word.Length);
        return chain;
    }

    private static bool Spelled(ReadOnlySpan<byte> utf8, int[] bytes)
    {
        foreach (byte b in utf8)
            if (bytes[b] < 0)
                return false;
        return true;
    }

    private static void AppendBytes(ReadOnlySpan<char> character, int[] bytes, List<int> ids)
    {
        Span<byte> utf8 = stackalloc byte[4];
        int count = Encoding.UTF8.GetBytes(character, utf8);
        foreach (byte b in utf8[..count])
            ids.Add(bytes[b]);
    }
}
