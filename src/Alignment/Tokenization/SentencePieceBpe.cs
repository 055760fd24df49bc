using System.Buffers;
using System.Text;

namespace Alignment.Tokenization;

/// <summary>
/// SentencePiece BPE exactly as the C++ library (from tokenizer.model) or Hugging Face tokenizers (from tokenizer.json) encode: leftmost merge among
/// equal scores, byte fallback, dummy prefix, identity normalisation. Used by Phi-3, Llama-2, Mistral.
/// </summary>
public sealed class SentencePieceBpe : VocabularyTokenizer
{
    /// <summary>▁, which stands for a space inside pieces.</summary>
    public const char Space = '\u2581';

    private readonly SentencePieceParts _parts;
    private readonly AddedTokens _normalizedMarks;
    private readonly WordCache _cache = new();
    private readonly bool _wordsAreApart;

    internal SentencePieceBpe(SentencePieceParts parts) : base(parts.Pieces, parts.Added)
    {
        _parts = parts;
        _normalizedMarks = new(parts.Added.Where(a => a.Normalized));
        // no piece holds a space after another character: merges never cross the start of a word
        HashSet<int> marks = [.. parts.Added.Select(a => a.Id)];
        _wordsAreApart = !parts.Pieces.Index().Any(p => p.Item is { } piece && !marks.Contains(p.Index) && piece.TrimStart(Space).Contains(Space));
    }

    /// <summary>A space is written before the text, so that its first word is like any other.</summary>
    public bool AddsDummyPrefix => _parts.AddsDummyPrefix;

    /// <summary>Reads a tokenizer.model; control pieces such as &lt;s&gt; are never found in text.</summary>
    /// <exception cref="InvalidDataException">The file is damaged or no identity-normalised BPE model.</exception>
    public static SentencePieceBpe FromModel(string path) => new(SentencePieceParts.Of(SentencePieceModel.Read(File.ReadAllBytes(path), path)));

    /// <summary>Reads a tokenizer.json of the Llama-2 and Phi-3 layout; its added tokens are found in text.</summary>
    /// <exception cref="InvalidDataException">The file is damaged or of another layout.</exception>
    public static SentencePieceBpe FromTokenizerJson(string path) => new(TokenizerJson.Read(path).SentencePieceParts());

    /// <inheritdoc/>
    public override string Decode(IEnumerable<int> ids) => _parts.Text.Decode(ids, PieceOf);

    private protected override void AppendSection(ReadOnlySpan<char> text, List<int> ids)
    {
        int prefix = _parts.AddsDummyPrefix ? 1 : 0;
        char[] buffer = ArrayPool<char>.Shared.Rent(text.Length + 1);
        buffer[0] = Space;
        text.Replace(buffer.AsSpan(prefix), ' ', Space);
        Cut(_normalizedMarks, buffer.AsSpan(0, text.Length + prefix), ids, AppendWords);
        ArrayPool<char>.Shared.Return(buffer);
    }

    private void AppendWords(ReadOnlySpan<char> text, List<int> ids)
    {
        while (text.Length > 0)
        {
            int end = _wordsAreApart ? EndOfWord(text) : text.Length;
            ReadOnlySpan<char> word = text[..end];
            if (!_cache.TryAppend(word, ids))
            {
                int from = ids.Count;
                AppendWord(word, ids);
                _cache.Keep(word, ids, from);
            }
            text = text[end..];
        }
    }

    // a word is its spaces and what follows them up to the next space
    private static int EndOfWord(ReadOnlySpan<char> text)
    {
        int letters = text.IndexOfAnyExcept(Space);
        if (letters < 0)
            return text.Length;
        int length = text[letters..].IndexOf(Space);
        return length < 0 ? text.Length : letters + length;
    }

    private void AppendWord(ReadOnlySpan<char> word, List<int> ids)
    {
        SymbolChain chain = SymbolChain.OfThread();
        for (int at = 0; at < word.Length;)
        {
            Rune.DecodeFromUtf16(word[at..], out Rune rune, out int used);
            chain.Add(_parts.Characters.TryGetValue(rune, out int symbol) ? symbol : -1, at);
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
            else if (!wasUnknown)
                ids.Add(_parts.Unknown); // a run of unknown characters is one token
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
