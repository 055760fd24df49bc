using System.Text;
using System.Text.Json;
using Alignment.Tokenization;

namespace Alignment.Tests.Unit.Tokenization;

/// <summary>A byte-level vocabulary of 256 bytes, a few merges and markers, as vocab.json and merges.txt.</summary>
internal static class SmallVocabulary
{
    public const string Merges = "#version: 0.2\nh e\nl l\nhe ll\nhell o\n";

    public static Dictionary<string, int> Vocabulary()
    {
        Dictionary<string, int> ids = [];
        for (int b = 0; b < 256; b++)
            ids[ByteAlphabet.Of((byte)b).ToString()] = b;
        foreach (string token in (string[])["he", "ll", "hell", "hello", "<|endoftext|>", "<|pad|>", "<|user|>", "<|assistant|>", "<|end|>"])
            ids[token] = ids.Count;
        return ids;
    }

    /// <summary>Writes vocab.json and merges.txt.</summary>
    public static void Write(string folder)
    {
        File.WriteAllBytes(Path.Combine(folder, "vocab.json"), JsonSerializer.SerializeToUtf8Bytes(Vocabulary()));
        File.WriteAllText(Path.Combine(folder, "merges.txt"), Merges);
    }

    public static ByteLevelBpe Tokenizer(string merges = Merges, Dictionary<string, int>? vocabulary = null) => ByteLevelBpe.FromStreams(
        new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(vocabulary ?? Vocabulary())), new MemoryStream(Encoding.UTF8.GetBytes(merges)));

    /// <summary>With further added tokens, as files beside the vocabulary declare them; the first free id is 265.</summary>
    public static ByteLevelBpe Tokenizer(IReadOnlyList<AddedToken> declared) => new(ByteLevelParts.Read(new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(Vocabulary())),
        new MemoryStream(Encoding.UTF8.GetBytes(Merges)), "vocab.json", "merges.txt").With(declared));
}
