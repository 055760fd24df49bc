using System.Text;
using System.Text.Json;
using Alignment.Files;

namespace Alignment.Tokenization;

/// <summary>A Hugging Face tokenizer.json, read for the two layouts known here; anything else is refused by name.</summary>
internal sealed class TokenizerJson
{
    private readonly string _path;
    private readonly JsonElement _root, _model;
    private readonly Dictionary<string, int> _vocabulary = [];
    private readonly List<(string, string)> _merges = [];
    private readonly List<(string Piece, double Score)> _scored = []; // of a Unigram model, by id
    private readonly List<AddedToken> _added;
    private readonly NormalizerStep[] _normalizer;

    private TokenizerJson(string path, JsonElement root)
    {
        (_path, _root, _model) = (path, root, root.Part("model"));
        IsUnigram = _model.Part("type").GetString() is var type && type == "Unigram";
        if (!IsUnigram && type != "BPE")
            throw new InvalidDataException($"{path}: model.type is {type}, wanted BPE or Unigram");
        foreach (string name in (string[])["dropout", "continuing_subword_prefix", "end_of_word_suffix"])
            if (_model.TryGetProperty(name, out JsonElement setting) && setting.ValueKind is not (JsonValueKind.Null or JsonValueKind.False)
                && !(setting.ValueKind == JsonValueKind.String && setting.GetString() == "") && !(setting.ValueKind == JsonValueKind.Number && setting.GetDouble() == 0))
                throw new InvalidDataException($"{path}: model.{name} is set, which is not read");
        if (IsUnigram)
            foreach (JsonElement piece in _model.Part("vocab").EnumerateArray())
            {
                _vocabulary[piece[0].GetString()!] = _scored.Count;
                _scored.Add((piece[0].GetString()!, piece[1].GetDouble()));
            }
        else
            foreach (JsonProperty token in _model.Part("vocab").EnumerateObject())
                _vocabulary[token.Name] = token.Value.GetInt32();
        foreach (JsonElement merge in IsUnigram ? default : _model.Part("merges").EnumerateArray())
            _merges.Add(merge.ValueKind == JsonValueKind.Array
                ? (merge[0].GetString()!, merge[1].GetString()!)
                : VocabularyTable.Merge(merge.GetString()!)
                    ?? throw new InvalidDataException($"{path}: model.merges[{_merges.Count}] \"{merge.GetString()}\" is not a merge of two tokens"));
        _normalizer = [.. Steps("normalizer").Select(step => NormalizerJson.Read(step, path))];
        _added = AddedTokenJson.Read(root.Part("added_tokens"), _vocabulary, IsUnigram ? _scored.Count : _vocabulary.Count, new(_normalizer));
    }

    /// <summary>Its model chooses the likeliest pieces instead of merging them.</summary>
    public bool IsUnigram { get; }

    /// <summary>It splits text at bytes (GPT-2, GPT-NeoX) rather than at ▁ (Llama-2, Phi-3).</summary>
    public bool IsByteLevel => !IsUnigram && Checked(_path, () => Kinds("pre_tokenizer").Contains("ByteLevel", StringComparison.Ordinal));

    /// <exception cref="InvalidDataException">It is not JSON, or a member is missing or of another type.</exception>
    public static TokenizerJson Read(string path)
    {
        byte[] text = File.ReadAllBytes(path);
        return Checked(path, () => new TokenizerJson(path, WholeJson.Parse(text)), text);
    }

    /// <exception cref="InvalidDataException">It is of another layout, or a member is missing or of another type.</exception>
    public ByteLevelParts ByteLevelParts() => Checked(_path, ReadByteLevel);

    /// <exception cref="InvalidDataException">It is of another layout, or a member is missing or of another type.</exception>
    public SentencePieceParts SentencePieceParts() => Checked(_path, ReadSentencePiece);

    /// <exception cref="InvalidDataException">It is of another layout, or a member is missing or of another type.</exception>
    public UnigramParts UnigramParts() => Checked(_path, ReadUnigram);

    // what the JSON reader throws where a member is missing or of another type
    private static T Checked<T>(string path, Func<T> read, byte[]? text = null)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException
            or IndexOutOfRangeException)
        {
            throw new InvalidDataException($"{path}: not a tokenizer.json with model, vocab, merges and added_tokens: {Reason(e, text)}", e);
        }
    }

    private static string Reason(Exception e, byte[]? text) => e switch
    {
        JsonException fault => $"it is not JSON ({JsonErrors.Text(text, fault)})",
        KeyNotFoundException => e.Message,
        _ => "a member is of another type than there; get the file again from where the model was made",
    };

    private ByteLevelParts ReadByteLevel()
    {
        Want("decoder", "ByteLevel");
        return new(_path, Pieces(), VocabularyTable.Pairs(_vocabulary, _merges, _path), _added)
        {
            Normalizer = new(_normalizer),
            Split = ByteLevelSplit.Read(Steps("pre_tokenizer"), _path),
            TakesWholeWords = IgnoresMerges,
        };
    }

    // words that are tokens are not merged
    private bool IgnoresMerges => _model.TryGetProperty("ignore_merges", out JsonElement ignores) && ignores.ValueKind == JsonValueKind.True;

    private SentencePieceParts ReadSentencePiece()
    {
        string? unknown = _model.TryGetProperty("unk_token", out JsonElement token) ? token.GetString() : null;
        return new()
        {
            Pieces = Pieces(),
            Pairs = VocabularyTable.Pairs(_vocabulary, _merges, _path),
            Characters = _vocabulary.Where(v => Rune.TryGetRuneAt(v.Key, 0, out Rune rune) && rune.Utf16SequenceLength == v.Key.Length)
                .ToDictionary(v => Rune.GetRuneAt(v.Key, 0), v => v.Value),
            Bytes = Bytes(),
            Unknown = unknown is null ? -1 : _vocabulary.TryGetValue(unknown, out int id) ? id
                : throw new InvalidDataException($"{_path}: unk_token \"{unknown}\" is no token"),
            Added = _added,
            FusesUnknown = _model.TryGetProperty("fuse_unk", out JsonElement fuses) && fuses.GetBoolean(),
            TakesWholeWords = IgnoresMerges,
            Spacing = Spacing.Read(_normalizer, Steps("pre_tokenizer"), _path),
            Text = PieceDecoder.Read(Steps("decoder"), _path),
        };
    }

    private UnigramParts ReadUnigram()
    {
        int unknown = _model.TryGetProperty("unk_id", out JsonElement id) && id.ValueKind == JsonValueKind.Number ? id.GetInt32() : -1;
        if (unknown < 0 || unknown >= _scored.Count)
            throw new InvalidDataException($"{_path}: model.unk_id names no piece: a character that is none could not be encoded");
        return new()
        {
            Pieces = Pieces(),
            Vocabulary = _vocabulary,
            Scores = [.. _scored.Select(one => one.Score)],
            Bytes = Bytes(),
            Unknown = unknown,
            Added = _added,
            Spacing = Spacing.Read(_normalizer, Steps("pre_tokenizer"), _path),
            Text = PieceDecoder.Read(Steps("decoder"), _path),
        };
    }

    // the pieces that spell bytes; null where none is to
    private int[]? Bytes() => _model.TryGetProperty("byte_fallback", out JsonElement falls) && falls.GetBoolean()
        ? [.. Enumerable.Range(0, 256).Select(b => _vocabulary.GetValueOrDefault(BytePiece.Of(b), -1))] : null;

    private string?[] Pieces() =>
        VocabularyTable.Pieces((IsUnigram ? _scored.Select((one, id) => KeyValuePair.Create(one.Piece, id)) : _vocabulary)
            .Concat(_added.Select(a => new KeyValuePair<string, int>(a.Content, a.Id))), _path);

    private void Want(string member, string known)
    {
        if (Kinds(member) != known)
            throw new InvalidDataException($"{_path}: {member} is \"{Kinds(member)}\", known here: \"{known}\"");
    }

    // "Prepend,Replace" of a sequence of the two, "" of null
    private string Kinds(string member) => string.Join(",", Steps(member).Select(step => step.Part("type").GetString()));

    private JsonElement[] Steps(string member)
    {
        if (!_root.TryGetProperty(member, out JsonElement part) || part.ValueKind == JsonValueKind.Null)
            return [];
        return part.Part("type").GetString() != "Sequence" ? [part]
            : [.. part.EnumerateObject().First(p => p.Value.ValueKind == JsonValueKind.Array).Value.EnumerateArray()];
    }
}
