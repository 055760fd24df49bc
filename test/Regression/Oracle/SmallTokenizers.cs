using System.Text;
using System.Text.Json.Nodes;
using Alignment.Tests.Unit.Tokenization;
using Alignment.Tokenization;

namespace Alignment.Tests.Regression;

/// <summary>Small tokenizer.json files of every form that is read, made from <see cref="DifficultTexts"/>, for the oracle to be asked where no real file is given.</summary>
internal static class SmallTokenizers
{
    private const string Nothing = "null", First = """{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true}""";
    private const string Always = """{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}""";
    private const string Spaces = """{"type":"Replace","pattern":{"String":" "},"content":"▁"}""";
    private const string Bytes = """{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}""";
    private const string O200k = """
        [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
        """;

    private static readonly string[] s_texts = [.. DifficultTexts.All([], mixtures: 300).Select(text => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)))];

    private static string Map => $$"""{"type":"Precompiled","precompiled_charsmap":"{{Convert.ToBase64String(SmallCharacterMap.Write(
        ("ﬁ", "fi"), ("①", "1"), ("㎏", "kg"), ("\u3000", " "), ("\u00A0", " "), ("\t", " "), ("\n", " "), ("\r", " "), ("\u0001", ""), ("\u200B", ""),
        ("e\u0301", "é"), ("²", "2"), ("ﷺ", "a b"), ("𝟘", "0"), ("\u212B", "Å")))}}"}""";

    /// <summary>Their names and content.</summary>
    public static IEnumerable<(string Name, byte[] Json)> All()
    {
        foreach (bool falls in new[] { false, true })
        {
            string bytes = falls ? "-bytes" : "";
            yield return ($"unigram-t5{bytes}", Unigram(falls, Sequence("normalizers", Map, """{"type":"Strip","strip_left":false,"strip_right":true}""",
                """{"type":"Replace","pattern":{"Regex":" {2,}"},"content":"▁"}"""), First));
            yield return ($"unigram-words{bytes}", Unigram(falls, Map, Sequence("pretokenizers", """{"type":"WhitespaceSplit"}""", Always)));
            yield return ($"unigram-whole{bytes}", Unigram(falls, """{"type":"NFKC"}""", Always.Replace("true", "false")));
            yield return ($"unigram-digits{bytes}", Unigram(falls, Sequence("normalizers", """{"type":"NFD"}""", """{"type":"Lowercase"}"""),
                Sequence("pretokenizers", """{"type":"Punctuation","behavior":"MergedWithPrevious"}""", """{"type":"Digits","individual_digits":true}""", Always)));
            yield return ($"merges-first{bytes}", Merges(falls, Nothing, First, Always));
            yield return ($"merges-gemma{bytes}", Merges(falls, Spaces, """{"type":"Split","pattern":{"String":" "},"behavior":"MergedWithPrevious","invert":false}""", Always));
        }

        yield return ("bytes-prefix", ByteLevel(Nothing, Bytes.Replace("\"add_prefix_space\":false", "\"add_prefix_space\":true")));
        yield return ("bytes-prefix-digits", ByteLevel("""{"type":"NFC"}""",
            Sequence("pretokenizers", """{"type":"Digits","individual_digits":false}""", Bytes.Replace("\"add_prefix_space\":false", "\"add_prefix_space\":true"))));
        yield return ("bytes-o200k", ByteLevel("""{"type":"NFKD"}""", Sequence("pretokenizers", new JsonObject
        {
            ["type"] = "Split",
            ["pattern"] = new JsonObject { ["Regex"] = O200k },
            ["behavior"] = "Removed",
            ["invert"] = true,
        }.ToJsonString(), Bytes.Replace("\"use_regex\":true", "\"use_regex\":false"))));
        yield return ("bytes-falcon", ByteLevel(Nothing, Sequence("pretokenizers", """{"type":"Punctuation","behavior":"Contiguous"}""", Bytes,
            """{"type":"Digits","individual_digits":false}""", """{"type":"Split","pattern":{"Regex":"[0-9][0-9][0-9]"},"behavior":"Isolated","invert":false}""")));
    }

    private static byte[] Unigram(bool falls, string normalizer, string preTokenizer)
    {
        string[] pieces = ["<unk>", .. falls ? Enumerable.Range(0, 256).Where(b => b != 0xE2).Select(BytePiece.Of) : [], .. Pieces()];
        JsonArray vocabulary = [.. pieces.Select((piece, i) => new JsonArray(piece, -((i * 7919) % 1000) / 64.0))];
        return Write(new() { ["type"] = "Unigram", ["unk_id"] = 0, ["vocab"] = vocabulary, ["byte_fallback"] = falls }, pieces.Length, normalizer, preTokenizer, Always);
    }

    private static byte[] Merges(bool falls, string normalizer, string preTokenizer, string decoder)
    {
        List<string> pieces = ["<unk>", .. falls ? Enumerable.Range(0, 256).Where(b => b != 0xE2).Select(BytePiece.Of) : [], .. Pieces().Where(piece => piece.EnumerateRunes().Count() == 1)];
        return Merged(pieces, s_texts.Select(text => text.Replace(' ', Piece.Space)), new() { ["unk_token"] = "<unk>", ["fuse_unk"] = true, ["byte_fallback"] = falls }, normalizer, preTokenizer, decoder);
    }

    private static byte[] ByteLevel(string normalizer, string preTokenizer) => Merged([.. Enumerable.Range(0, 256).Select(b => ByteAlphabet.Of((byte)b).ToString())],
        s_texts.Select(text => string.Concat(Encoding.UTF8.GetBytes(text).Select(ByteAlphabet.Of))), [], normalizer, preTokenizer, Bytes);

    // merges of neighbours as they are met, so that they chain; half of the characters of a script are known
    private static byte[] Merged(List<string> pieces, IEnumerable<string> texts, JsonObject model, string normalizer, string preTokenizer, string decoder)
    {
        HashSet<string> known = [.. pieces];
        JsonArray merges = [];
        foreach (string text in texts)
        {
            string[] symbols = [.. text.EnumerateRunes().Select(rune => rune.ToString())];
            for (int i = 0; i + 3 < symbols.Length && merges.Count < 1500; i += 2)
                foreach ((string left, string right) in new[] { (symbols[i], symbols[i + 1]), (symbols[i] + symbols[i + 1], symbols[i + 2]), (symbols[i + 1], symbols[i + 2]) })
                    if (known.Contains(left) && known.Contains(right) && known.Add(left + right))
                    {
                        pieces.Add(left + right);
                        merges.Add(new JsonArray(left, right));
                    }
        }

        (model["type"], model["merges"]) = ("BPE", merges);
        model["vocab"] = new JsonObject(pieces.Select((piece, id) => KeyValuePair.Create(piece, (JsonNode?)id)));
        return Write(model, pieces.Count, normalizer, preTokenizer, decoder);
    }

    // characters but for every fifth, and stretches of two to six
    private static IEnumerable<string> Pieces()
    {
        string all = string.Concat(s_texts).Replace(' ', Piece.Space);
        Rune[] runes = [.. all.EnumerateRunes()];
        IEnumerable<string> stretches = Enumerable.Range(0, 1500).Select(i => string.Concat(runes.Skip(i * 11).Take(2 + (i % 5))));
        return runes.Where(rune => rune.Value % 5 != 3).Select(rune => rune.ToString()).Concat(stretches)
            .Where(piece => piece.Length > 0).Distinct();
    }

    private static byte[] Write(JsonObject model, int count, string normalizer, string preTokenizer, string decoder)
    {
        JsonArray added = [];
        foreach ((string content, string set) in new[] { ("<mask>", "lstrip"), ("<both>", "lstrip,rstrip"), ("wörd", "single_word,normalized"), ("Hello", "normalized"), ("\n\n", ""), ("<|x|>", "rstrip,special") })
        {
            JsonObject token = new() { ["id"] = count + added.Count, ["content"] = content };
            foreach (string name in new[] { "single_word", "lstrip", "rstrip", "normalized", "special" })
                token[name] = set.Split(',').Contains(name);
            added.Add(token);
        }

        return Encoding.UTF8.GetBytes(new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = added,
            ["normalizer"] = JsonNode.Parse(normalizer),
            ["pre_tokenizer"] = JsonNode.Parse(preTokenizer),
            ["decoder"] = JsonNode.Parse(decoder),
            ["model"] = model,
        }.ToJsonString());
    }

    private static string Sequence(string member, params string[] steps) => $$"""{"type":"Sequence","{{member}}":[{{string.Join(',', steps)}}]}""";
}
