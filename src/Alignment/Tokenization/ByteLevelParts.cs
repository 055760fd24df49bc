using System.Text.Json;
using Alignment.Files;

namespace Alignment.Tokenization;

/// <summary>What <see cref="ByteLevelBpe"/> needs, from either file format.</summary>
internal sealed record ByteLevelParts(string Path, string?[] Pieces, PairTable Pairs, IReadOnlyList<AddedToken> Added)
{
    /// <summary>How a text is split into words.</summary>
    public ByteLevelSplit Split { get; init; } = ByteLevelSplit.Gpt2;

    /// <summary>A word that is a token as it stands is not merged (Llama-3).</summary>
    public bool TakesWholeWords { get; init; }

    /// <summary>What is done to the text first, such as Unicode's composed form (GPT-NeoX, Qwen2).</summary>
    public TextNormalizer Normalizer { get; init; } = new([]);

    /// <summary>With the added tokens that files beside it declare.</summary>
    /// <exception cref="InvalidDataException">One has another id than in the vocabulary, or another token's.</exception>
    public ByteLevelParts With(IReadOnlyList<AddedToken> declared) => this with
    {
        Pieces = VocabularyTable.With(Pieces, declared, Path),
        Added = [.. Added.Where(guessed => declared.All(token => token.Content != guessed.Content)), .. declared],
    };

    /// <summary>Reads vocab.json and merges.txt.</summary>
    /// <exception cref="InvalidDataException">A file is malformed; the message names file and line.</exception>
    public static ByteLevelParts Read(string vocabularyPath, string mergesPath)
    {
        using FileStream vocabulary = File.OpenRead(vocabularyPath);
        using FileStream merges = File.OpenRead(mergesPath);
        return Read(vocabulary, merges, vocabularyPath, mergesPath);
    }

    public static ByteLevelParts Read(Stream vocabularyStream, Stream mergesStream, string vocabularyPath, string mergesPath)
    {
        Dictionary<string, int> vocabulary = ReadVocabulary(vocabularyStream, vocabularyPath);
        List<(string, string)> merges = ReadMerges(mergesStream, mergesPath);
        HashSet<string> made = [.. merges.Select(m => m.Item1 + m.Item2),
            .. Enumerable.Range(0, 256).Select(b => ByteAlphabet.Of((byte)b).ToString())];
        AddedToken[] added = [.. vocabulary.Where(v => !made.Contains(v.Key)).Select(v => new AddedToken(v.Key, v.Value) { Special = true })];
        return new(vocabularyPath, VocabularyTable.Pieces(vocabulary, vocabularyPath), VocabularyTable.Pairs(vocabulary, merges, mergesPath), added);
    }

    private static Dictionary<string, int> ReadVocabulary(Stream stream, string path)
    {
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, int>>(stream) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: not a vocabulary (one JSON object of token: id), damaged at {JsonErrors.Place(e)}; get it from where the model was made", e);
        }
    }

    private static List<(string, string)> ReadMerges(Stream stream, string path)
    {
        List<(string, string)> merges = [];
        using StreamReader reader = new(stream, leaveOpen: true);
        int number = 0;
        while (reader.ReadLine() is { } line)
        {
            number++;
            if (line.Length == 0 || (number == 1 && line.StartsWith("#version", StringComparison.Ordinal)))
                continue;
            merges.Add(VocabularyTable.Merge(line) ?? throw new InvalidDataException($"{path}({number}): \"{line}\" is not a merge of two tokens"));
        }
        return merges;
    }
}

/// <summary>GPT-2's printable spelling of bytes: printable Latin-1 characters stand for themselves, the others for U+0100 and up, in order.</summary>
internal static class ByteAlphabet
{
    private static readonly char[] s_spelling = Spelling();
    private static readonly Dictionary<char, byte> s_values = s_spelling.Index().ToDictionary(s => s.Item, s => (byte)s.Index);

    /// <summary>The character that spells a byte.</summary>
    public static char Of(byte value) => s_spelling[value];

    /// <summary>The byte that a character spells; null where it spells none.</summary>
    public static byte? Value(char spelling) => s_values.TryGetValue(spelling, out byte value) ? value : null;

    private static char[] Spelling()
    {
        char[] spelling = new char[256];
        int others = 0;
        for (int b = 0; b < 256; b++)
            spelling[b] = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE) ? (char)b : (char)(256 + others++);
        return spelling;
    }
}
