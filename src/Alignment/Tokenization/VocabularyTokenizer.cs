using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.ML.Tokenizers;

namespace Alignment.Tokenization;

/// <summary>
/// A tokenizer with a fixed vocabulary and added tokens, behind Microsoft.ML.Tokenizers' <see cref="Tokenizer"/>. The text is cut at added tokens,
/// what lies between them is normalised, cut at the added tokens of normalised text, and split into words; each word is encoded once and remembered.
/// Safe for several threads.
/// </summary>
internal abstract class VocabularyTokenizer : Tokenizer
{
    private readonly string?[] _pieces;
    private readonly Dictionary<string, int> _ids = [];
    private readonly AddedTokens _marks, _normalizedMarks;
    private readonly WordCache _cache = new();
    private readonly Section _section, _stretch; // made once, not for every text

    private protected VocabularyTokenizer(string?[] pieces, IReadOnlyList<AddedToken> added)
    {
        _pieces = pieces;
        for (int id = 0; id < pieces.Length; id++)
            if (pieces[id] is { } piece)
                _ids.TryAdd(piece, id);
        AddedTokens = added;
        _marks = new(added.Where(a => !a.Normalized));
        _normalizedMarks = new(added.Where(a => a.Normalized));
        (_section, _stretch) = (AppendSection, AppendStretch);
    }

    /// <summary>One more than the highest id, added tokens included.</summary>
    public int VocabularySize => _pieces.Length;

    /// <summary>The tokens found as text before any merge.</summary>
    public IReadOnlyList<AddedToken> AddedTokens { get; }

    /// <summary>Where a space is written before the text, so that its first word is like any other.</summary>
    public abstract SpacePrefix Prefix { get; }

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

    /// <inheritdoc/>
    public override OperationStatus Decode(IEnumerable<int> ids, Span<char> destination, out int idsConsumed, out int charsWritten)
    {
        int[] all = [.. ids];
        string text = Decode(all);
        bool fits = text.TryCopyTo(destination);
        (idsConsumed, charsWritten) = fits ? (all.Length, text.Length) : (0, 0);
        return fits ? OperationStatus.Done : OperationStatus.DestinationTooSmall;
    }

    /// <summary>Ids of a written conversation whose messages hold no markers: what looks like one there is text.</summary>
    /// <param name="conversation">The conversation.</param>
    /// <param name="markers">What is text inside messages; null: every added token is one there, too.</param>
    /// <param name="begins">The text begins a whole one, as opposed to going on behind tokens that are already there.</param>
    public IReadOnlyList<int> EncodeToIds(WrittenConversation conversation, TextMarkers? markers, bool begins)
    {
        List<int> ids = new((conversation.Text.Length / 3) + 4);
        Cut(_marks, conversation.Text, begins, ids, _section, markers is null ? null : (token, at) => markers.Has(token.Id) && conversation.IsMessage(at));
        return ids;
    }

    /// <summary>Ids of the text; at most <see cref="EncodeSettings.MaxTokenCount"/> of them.</summary>
    protected override EncodeResults<int> EncodeToIds(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        ReadOnlySpan<char> all = text ?? textSpan;
        List<int> ids = new((all.Length / 3) + 4);
        Cut(_marks, all, begins: true, ids, _section);
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

    /// <summary>Normalises a stretch without markers and hands it to <see cref="AppendNormalized"/>.</summary>
    /// <param name="text">Not empty.</param>
    /// <param name="begins">The stretch begins the whole text.</param>
    /// <param name="ids">Takes the ids.</param>
    private protected abstract void AppendSection(ReadOnlySpan<char> text, bool begins, List<int> ids);

    /// <summary>Encodes what lies between the added tokens of normalised text; <paramref name="text"/> is not empty.</summary>
    private protected virtual void AppendStretch(ReadOnlySpan<char> text, bool begins, List<int> ids) => AppendWords(text, ids);

    /// <summary>Length of the first word of a text that is not empty.</summary>
    private protected abstract int FirstWord(ReadOnlySpan<char> text);

    /// <summary>Encodes one word.</summary>
    private protected abstract void AppendWord(ReadOnlySpan<char> word, List<int> ids);

    /// <summary>Encodes a normalised stretch.</summary>
    private protected void AppendNormalized(ReadOnlySpan<char> text, bool begins, List<int> ids) => Cut(_normalizedMarks, text, begins, ids, _stretch);

    /// <summary>Encodes the words of a text, each once.</summary>
    private protected void AppendWords(ReadOnlySpan<char> text, List<int> ids)
    {
        while (text.Length > 0)
        {
            ReadOnlySpan<char> word = text[..FirstWord(text)];
            if (!_cache.TryAppend(word, ids))
            {
                int from = ids.Count;
                AppendWord(word, ids);
                _cache.Keep(word, ids, from);
            }
            text = text[word.Length..];
        }
    }

    /// <summary>Encodes a part of a text; <c>begins</c>: it begins the whole.</summary>
    private protected delegate void Section(ReadOnlySpan<char> text, bool begins, List<int> ids);

    /// <summary>Hands on the words that steps leave, one step in another.</summary>
    private protected static void Split(IReadOnlyList<SplitStep> steps, ReadOnlySpan<char> text, bool begins, List<int> ids, Section append, int done = 0)
    {
        if (done == steps.Count)
            append(text, begins, ids);
        else
            foreach ((int start, int end) in steps[done].Words(text))
                Split(steps, text[start..end], begins && start == 0, ids, append, done + 1);
    }

    private static void Cut(
        AddedTokens marks, ReadOnlySpan<char> text, bool begins, List<int> ids, Section section, Func<AddedToken, int, bool>? passesOver = null)
    {
        int done = 0;
        for (int at = 0; at < text.Length;)
        {
            (AddedToken? token, int found) = marks.Next(text, at, passesOver);
            // white space that a token took away may hold the next one: it is a token all the same
            (int start, int end) = token is null ? (found, found) : Tokenization.AddedTokens.Range(text, token, found, done);
            if (start > done)
                section(text[done..start], begins && done == 0, ids);
            if (token is not null)
                ids.Add(token.Id);
            (at, done) = (found + (token?.Sought.Length ?? 0), end);
        }
    }

    /// <summary>Ids of words met before: one word to a slot, the latest. Safe for several threads.</summary>
    private sealed class WordCache
    {
        private const int Slots = 1 << 16, LongestWord = 48;
        private readonly Known?[] _slots = new Known?[Slots];

        /// <summary>Adds the ids of <paramref name="word"/> if they are known.</summary>
        public bool TryAppend(ReadOnlySpan<char> word, List<int> ids)
        {
            if (word.Length > LongestWord || _slots[Slot(word)] is not { } known || !word.SequenceEqual(known.Word))
                return false;
            ids.AddRange(known.Ids.AsSpan());
            return true;
        }

        /// <summary>Remembers the ids from <paramref name="from"/> on as those of <paramref name="word"/>.</summary>
        public void Keep(ReadOnlySpan<char> word, List<int> ids, int from)
        {
            if (word.Length <= LongestWord)
                _slots[Slot(word)] = new(word.ToString(), CollectionsMarshal.AsSpan(ids)[from..].ToArray());
        }

        // FNV-1a, folded
        private static uint Slot(ReadOnlySpan<char> word)
        {
            uint hash = 2166136261;
            foreach (char character in word)
                hash = (hash ^ character) * 16777619;
            return (hash ^ (hash >> 16)) % Slots;
        }

        private sealed record Known(string Word, int[] Ids);
    }
}
