using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.Tokenization;

namespace Alignment.Tests.Unit.Tokenization;

/// <summary>Small tokenizer.json files of both layouts that are read.</summary>
internal static class TokenizerJsonText
{
    private static readonly string[] s_markers = ["<|endoftext|>", "<|user|>", "<|assistant|>", "<|end|>"];

    /// <summary>Byte-level as GPT-NeoX's: 256 bytes, a few merges, markers.</summary>
    public static byte[] ByteLevel { get; } = Write(SmallVocabulary.Vocabulary().Where(token => !token.Key.StartsWith("<|", StringComparison.Ordinal)).Select(token => token.Key),
        ["h e", "l l", "he ll", "hell o"], new { type = "NFC" }, new { type = "ByteLevel", add_prefix_space = false }, new { type = "ByteLevel" }, fallsBack: false);

    /// <summary>SentencePiece as Llama-2's and Phi-3's: byte fallback, ▁ for a space, markers.</summary>
    public static byte[] SentencePiece { get; } = Write(
        ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(BytePiece.Of), "▁", "h", "e", "l", "o", "he", "▁he", "ll", "▁hell", "▁hello"],
        ["h e", "▁ he", "l l", "▁he ll", "▁hell o"],
        new { type = "Sequence", normalizers = new object[] { new { type = "Prepend", prepend = "▁" }, Replace(" ", "▁") } }, null,
        new { type = "Sequence", decoders = new object[] { Replace("▁", " "), new { type = "ByteFallback" }, new { type = "Fuse" }, new { type = "Strip", content = " ", start = 1, stop = 0 } } },
        fallsBack: true);

    /// <summary>One of these with changed members.</summary>
    public static byte[] Changed(byte[] good, Action<JsonNode> change)
    {
        JsonNode json = JsonNode.Parse(good)!;
        change(json);
        return JsonSerializer.SerializeToUtf8Bytes(json);
    }

    private static object Replace(string from, string to) => new { type = "Replace", pattern = new { String = from }, content = to };

    private static byte[] Write(IEnumerable<string> tokens, string[] merges, object normalizer, object? preTokenizer, object decoder, bool fallsBack)
    {
        Dictionary<string, int> vocabulary = tokens.Index().ToDictionary(token => token.Item, token => token.Index);
        return JsonSerializer.SerializeToUtf8Bytes(new
        {
            version = "1.0",
            added_tokens = s_markers.Select((marker, i) => new
            {
                id = vocabulary.Count + i,
                content = marker,
                single_word = false,
                lstrip = false,
                rstrip = fallsBack,
                normalized = false,
                special = true,
            }),
            normalizer,
            pre_tokenizer = preTokenizer,
            decoder,
            model = new { type = "BPE", dropout = (double?)null, unk_token = fallsBack ? "<unk>" : null, byte_fallback = fallsBack, vocab = vocabulary, merges },
        });
    }
}
