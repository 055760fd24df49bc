using System.Buffers;
using System.Text;

namespace Alignment.Tokenization;

/// <summary>
/// Byte-level BPE exactly as GPT-2's encoder.py and Hugging Face tokenizers encode: words by <see cref="WordSplit"/>, <see cref="TiktokenSplit"/> or
/// a tokenizer.json's own steps, then merges over UTF-8 bytes. Used by GPT-2, GPT-NeoX (NFC first, runs of spaces as added tokens), Llama-3, Qwen, Mistral
/// Nemo, DeepSeek, SmolLM, Falcon and the embedded world.
/// </summary>
internal sealed class ByteLevelBpe : VocabularyTokenizer
{
    private readonly byte[]?[] _bytesOf;
    private readonly int[] _ofByte = new int[256];
    private readonly PairTable _pairs;
    private readonly bool _takesWholeWords;
    private readonly TextNormalizer _normalizer;
    private readonly ByteLevelSplit _split;
    private readonly Section _prefixed, _spelled; // made once, not for every text

    internal ByteLevelBpe(ByteLevelParts parts) : base(parts.Pieces, parts.Added)
    {
        _pairs = parts.Pairs;
        (_normalizer, _takesWholeWords, _split) = (parts.Normalizer, parts.TakesWholeWords, parts.Split);
        (_prefixed, _spelled) = (AppendPrefixed, AppendSpelled);
        _bytesOf = [.. parts.Pieces.Select(p => p is null ? null : Bytes(p))];
        for (int b = 0; b < 256; b++)
            _ofByte[b] = IdOf(ByteAlphabet.Of((byte)b).ToString())
                ?? (NeverInUtf8(b) ? -1 : throw new InvalidDataException(
                    $"{parts.Path}: the vocabulary has no token for byte 0x{b:X2} (\"{ByteAlphabet.Of((byte)b)}\")"));
    }

    /// <summary>
    /// Reads vocab.json and merges.txt. A token that is neither a byte nor the result of a merge (such as &lt;|endoftext|&gt;) is a special
    /// added token.
    /// </summary>
    /// <exception cref="InvalidDataException">A file is malformed; the message names file and line.</exception>
    public static ByteLevelBpe FromFiles(string vocabularyPath, string mergesPath) => new(ByteLevelParts.Read(vocabularyPath, mergesPath));

    /// <summary>As <see cref="FromFiles"/>, from streams such as an assembly's resources; they stay open.</summary>
    /// <exception cref="InvalidDataException">A stream is malformed.</exception>
    public static ByteLevelBpe FromStreams(Stream vocabulary, Stream merges) =>
        new(ByteLevelParts.Read(vocabulary, merges, "vocab.json", "merges.txt"));

    /// <inheritdoc/>
    public override SpacePrefix Prefix => _split.AddsSpace ? SpacePrefix.UnlessThere : SpacePrefix.None;

    /// <inheritdoc/>
    public override string Decode(IEnumerable<int> ids)
    {
        ArrayBufferWriter<byte> bytes = new();
        foreach (int id in ids)
            bytes.Write(_bytesOf.ElementAtOrDefault(id) ?? Bytes(PieceOf(id)));
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    private protected override void AppendSection(ReadOnlySpan<char> text, bool begins, List<int> ids) =>
        AppendNormalized(_normalizer.Apply(text), begins, ids);

    private protected override void AppendStretch(ReadOnlySpan<char> text, bool begins, List<int> ids)
    {
        if (_split.Before.Count == 0)
            AppendPrefixed(text, begins, ids);
        else
            Split(_split.Before, text, begins, ids, _prefixed);
    }

    private void AppendPrefixed(ReadOnlySpan<char> text, bool begins, List<int> ids) =>
        AppendWords(_split.AddsSpace && text[0] != ' ' ? string.Concat(" ", text) : text, ids);

    private protected override int FirstWord(ReadOnlySpan<char> text) => _split.FirstWord(text);

    private protected override void AppendWord(ReadOnlySpan<char> word, List<int> ids)
    {
        byte[] utf8 = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(word.Length));
        int count = Encoding.UTF8.GetBytes(word, utf8);
        if (_split.After.Count == 0)
            AppendBytes(utf8.AsSpan(0, count), ids);
        else
            Split(_split.After, Spelled(utf8.AsSpan(0, count)), begins: false, ids, _spelled);
        ArrayPool<byte>.Shared.Return(utf8);
    }

    private void AppendSpelled(ReadOnlySpan<char> word, bool begins, List<int> ids)
    {
        Span<byte> bytes = word.Length <= 256 ? stackalloc byte[word.Length] : new byte[word.Length];
        for (int i = 0; i < word.Length; i++)
            bytes[i] = ByteAlphabet.Value(word[i])!.Value;
        AppendBytes(bytes, ids);
    }

    private void AppendBytes(ReadOnlySpan<byte> utf8, List<int> ids)
    {
        if (_takesWholeWords && IdOf(Spelled(utf8)) is { } id)
        {
            ids.Add(id);
            return;
        }

        SymbolChain chain = SymbolChain.OfThread();
        for (int i = 0; i < utf8.Length; i++)
            chain.Add(_ofByte[utf8[i]], i);
        chain.Merge(_pairs);
        for (int i = 0; i < chain.Count; i = chain.Next(i))
            ids.Add(chain.Id(i));
    }

    private static string Spelled(ReadOnlySpan<byte> utf8)
    {
        Span<char> piece = utf8.Length <= 256 ? stackalloc char[utf8.Length] : new char[utf8.Length];
        for (int i = 0; i < utf8.Length; i++)
            piece[i] = ByteAlphabet.Of(utf8[i]);
        return piece.ToString();
    }

    private static bool NeverInUtf8(int b) => b is 0xC0 or 0xC1 or >= 0xF5;

    // a token with a character outside the alphabet is itself in UTF-8 (a run of spaces)
    private static byte[] Bytes(string piece) => piece.All(c => ByteAlphabet.Value(c) is not null)
        ? [.. piece.Select(c => ByteAlphabet.Value(c)!.Value)]
        : Encoding.UTF8.GetBytes(piece);
}
