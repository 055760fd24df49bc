using System.Buffers;
using System.Text;

namespace Alignment.Tokenization;

/// <summary>
/// Byte-level BPE exactly as GPT-2's encoder.py and Hugging Face tokenizers encode: words by <see cref="WordSplit"/> or <see cref="TiktokenSplit"/>, then
/// merges over UTF-8 bytes. Used by GPT-2, GPT-NeoX (NFC first, runs of spaces as added tokens), Llama-3, Qwen2 and the embedded world.
/// </summary>
internal sealed class ByteLevelBpe : VocabularyTokenizer
{
    private readonly byte[]?[] _bytesOf;
    private readonly int[] _ofByte = new int[256];
    private readonly PairTable _pairs;
    private readonly bool _takesWholeWords;
    private readonly TextNormalizer _normalizer;
    private readonly FirstWord _firstWord;

    internal ByteLevelBpe(ByteLevelParts parts) : base(parts.Pieces, parts.Added)
    {
        _pairs = parts.Pairs;
        (_normalizer, _takesWholeWords, _firstWord) = (parts.Normalizer, parts.TakesWholeWords, parts.FirstWord);
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
    public static ByteLevelBpe FromFiles(string vocabularyPath, string mergesPath)
    {
        using FileStream vocabulary = File.OpenRead(vocabularyPath);
        using FileStream merges = File.OpenRead(mergesPath);
        return new(ByteLevelParts.Read(vocabulary, merges, vocabularyPath, mergesPath));
    }

    /// <summary>As <see cref="FromFiles"/>, from streams such as an assembly's resources; they stay open.</summary>
    /// <exception cref="InvalidDataException">A stream is malformed.</exception>
    public static ByteLevelBpe FromStreams(Stream vocabulary, Stream merges) =>
        new(ByteLevelParts.Read(vocabulary, merges, "vocab.json", "merges.txt"));

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

    private protected override int FirstWord(ReadOnlySpan<char> text) => _firstWord(text);

    private protected override void AppendWord(ReadOnlySpan<char> word, List<int> ids)
    {
        byte[] utf8 = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(word.Length));
        int count = Encoding.UTF8.GetBytes(word, utf8);
        if (_takesWholeWords && WholeWord(utf8.AsSpan(0, count)) is { } id)
        {
            ids.Add(id);
            ArrayPool<byte>.Shared.Return(utf8);
            return;
        }

        SymbolChain chain = SymbolChain.OfThread();
        for (int i = 0; i < count; i++)
            chain.Add(_ofByte[utf8[i]], i);
        ArrayPool<byte>.Shared.Return(utf8);
        chain.Merge(_pairs);
        for (int i = 0; i < chain.Count; i = chain.Next(i))
            ids.Add(chain.Id(i));
    }

    private int? WholeWord(ReadOnlySpan<byte> utf8)
    {
        Span<char> piece = utf8.Length <= 256 ? stackalloc char[utf8.Length] : new char[utf8.Length];
        for (int i = 0; i < utf8.Length; i++)
            piece[i] = ByteAlphabet.Of(utf8[i]);
        return IdOf(piece.ToString());
    }

    private static bool NeverInUtf8(int b) => b is 0xC0 or 0xC1 or >= 0xF5;

    // a token with a character outside the alphabet is itself in UTF-8 (a run of spaces)
    private static byte[] Bytes(string piece) => piece.All(c => ByteAlphabet.Value(c) is not null)
        ? [.. piece.Select(c => ByteAlphabet.Value(c)!.Value)]
        : Encoding.UTF8.GetBytes(piece);
}
