using System.Text.Json.Nodes;
using Alignment.Files;
using Alignment.Tests.Unit.Training;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

/// <summary>Unigram models of tokenizer.json; the pieces are those of Hugging Face tokenizers.</summary>
public class UnigramTokenizerTests
{
    private const string Metaspace = """{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}""";
    private readonly TemporaryFolder _folder = new();

    [OneTimeTearDown]
    public void RemoveFolder() => _folder.Dispose();

    // ▁ab cd: −1 −2; ▁abc: −4, d −1; the sum decides, and the earliest where sums are equal
    [TestCase("abcd", "▁ab cd")]
    [TestCase("abc", "▁abc")]
    [TestCase("dcd ab", "▁ d cd ▁ab")]
    [TestCase("aa", "▁ aa")] // as likely as ▁ a a, and found first
    [TestCase("xyab", "▁ <unk> a b")]
    [TestCase("xax", "▁ <unk> a <unk>")]
    [TestCase("", "")]
    [TestCase("𐐀x𝟘a", "▁ <unk> a")]
    [TestCase("abab cdd", "▁ab a b ▁ cd d")]
    [TestCase("a<unk>b", "▁ a <unk> b")]
    public void The_likeliest_pieces_of_a_word_are_taken(string text, string pieces) => Assert.That(Pieces(Read(), text), Is.EqualTo(pieces));

    [TestCase("é", "▁ <0xC3> <0xA9>")]
    [TestCase("é€", "▁ <unk>")] // one of the bytes has no piece: all of the run is unknown
    [TestCase("aé", "▁ a <0xC3> <0xA9>")]
    [TestCase("éa€", "▁ <0xC3> <0xA9> a <unk>")]
    [TestCase("<unk>", "▁ <unk>")] // a piece by that name is itself, and no bytes
    public void Unknown_characters_are_spelled_in_bytes_where_all_are_there(string text, string pieces) =>
        Assert.That(Pieces(Read(bytes: true), text), Is.EqualTo(pieces));

    [Test]
    public void Half_a_surrogate_pair_is_the_replacement_character_which_may_be_a_piece()
    {
        Assert.That(Pieces(Read(), "a\uD83Db"), Is.EqualTo("▁ a <unk> b"));
        UnigramTokenizer replacing = Read(json => json["model"]!["vocab"]!.AsArray().Add(new JsonArray("\uFFFD", -1)));
        Assert.That((Pieces(replacing, "a\uD83Db"), Pieces(replacing, "\uD83D")), Is.EqualTo(("▁ a \uFFFD b", "▁ \uFFFD")));
        Assert.That(Pieces(Read(json =>
        {
            json["pre_tokenizer"] = JsonNode.Parse(Metaspace.Replace("always", "never"));
            json["model"]!["vocab"]!.AsArray().Add(new JsonArray("\uFFFD", -1));
        }), "\uD83D"), Is.EqualTo("\uFFFD"), "at the start, too");
    }

    [TestCase(14), TestCase(15), TestCase(16), TestCase(63), TestCase(200)]
    public void Words_may_be_long(int length) => Assert.That(Pieces(Read(), new string('d', length)), Is.EqualTo("▁" + string.Concat(Enumerable.Repeat(" d", length))));

    // an unknown one counts 11 here: two are better than the piece they spell, whose id they have all the same
    [Test]
    public void Unknown_characters_that_spell_a_piece_are_that_piece() =>
        Assert.That(Pieces(Read(json => json["model"]!["vocab"] = JsonNode.Parse("""[["<unk>",30],["▁",30],["xy",21]]""")), "xy x"), Is.EqualTo("▁ xy ▁ <unk>"));

    [Test]
    public void A_byte_may_be_the_first_piece() => Assert.That(Pieces(Read(json => (json["model"]!["vocab"], json["model"]!["unk_id"], json["model"]!["byte_fallback"]) =
        (JsonNode.Parse("""[["<0xC3>",-9],["<0xA9>",-9],["<unk>",0],["▁",-1]]"""), 2, true)), "é"), Is.EqualTo("▁ <0xC3> <0xA9>"));

    [Test]
    public void Of_two_pieces_that_are_alike_the_later_one_is_taken_and_both_have_a_name()
    {
        UnigramTokenizer tokenizer = Read(json => json["model"]!["vocab"]!.AsArray().Add(new JsonArray("a", -2)));
        Assert.That((string.Join(' ', tokenizer.EncodeToIds("a")), tokenizer.PieceOf(2), tokenizer.PieceOf(9)), Is.EqualTo(("1 9", "a", "a")));
    }

    [Test]
    public void White_space_is_left_out_where_it_splits_first() => Assert.That(Pieces(Read(json => json["pre_tokenizer"] = JsonNode.Parse(
        $$"""{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{{Metaspace}}]}""")), "ab \n\t ab"), Is.EqualTo("▁ab ▁ab"));

    [Test]
    public void The_table_of_characters_is_applied_first() => Assert.That(Pieces(Read(json => json["normalizer"] = JsonNode.Parse(
        $$"""{"type":"Precompiled","precompiled_charsmap":"{{Convert.ToBase64String(SmallCharacterMap.Write(("ª", "a"), ("\u3000", " ")))}}"}""")), "ªb\u3000ab"), Is.EqualTo("▁ab ▁ab"));

    [Test]
    public void Text_comes_back() => Assert.That(Read() is var tokenizer ? tokenizer.Decode(tokenizer.EncodeToIds("ab cd aa")) : "", Is.EqualTo("ab cd aa"));

    [TestCase("""{"unk_id":null}""", "model.unk_id names no piece: a character that is none could not be encoded")]
    [TestCase("""{"unk_id":9}""", "model.unk_id names no piece: a character that is none could not be encoded")]
    [TestCase("""{"unk_id":99}""", "model.unk_id names no piece: a character that is none could not be encoded")]
    [TestCase("""{"vocab":{"a":1}}""", "not a tokenizer.json with model, vocab, merges and added_tokens: a member is of another type than there; get the file again from where the model was made")]
    public void What_cannot_be_encoded_is_refused(string change, string message) => Assert.That(() => Read(json =>
    {
        foreach ((string name, JsonNode? value) in JsonNode.Parse(change)!.AsObject())
            json["model"]![name] = value?.DeepClone();
    }), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"{_folder.File("tokenizer.json")}: {message}"));

    [Test]
    public void A_prefix_at_the_start_alone_is_refused_where_the_start_is_not_known() => Assert.That(() => Read(json =>
    {
        json["normalizer"] = JsonNode.Parse("""{"type":"NFKC"}""");
        json["pre_tokenizer"] = JsonNode.Parse($$"""{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{{Metaspace.Replace("always", "first")}}]}""");
    }), Throws.TypeOf<InvalidDataException>().With.Message.EndsWith(
        ": pre_tokenizer WhitespaceSplit and a normalizer with prepend_scheme first, where the text begins, are not read"));

    [Test]
    public void The_pieces_are_those_of_a_twin_that_tries_every_way()
    {
        SeededRandom random = new(5, "test/unigram");
        for (int trial = 0; trial < 60; trial++)
        {
            Dictionary<string, double> scores = new() { ["<unk>"] = 0, ["▁"] = -3 };
            while (scores.Count < 12)
                scores.TryAdd(string.Concat(Enumerable.Range(0, 1 + random.NextInt(3)).Select(_ => "abc▁"[random.NextInt(4)])), -1 - (8 * random.NextDouble()));
            UnigramTokenizer tokenizer = Read(json => json["model"]!["vocab"] = new JsonArray([.. scores.Select(piece => new JsonArray(piece.Key, piece.Value))]));
            string word = string.Concat(Enumerable.Range(0, 7).Select(_ => "abcx"[random.NextInt(4)]));
            List<string> known = [.. Best("▁" + word, scores).Pieces.Select(piece => scores.ContainsKey(piece) ? piece : "<unk>")];
            Assert.That(Pieces(tokenizer, word), Is.EqualTo(string.Join(' ', known.Where((piece, i) => i == 0 || piece != "<unk>" || known[i - 1] != piece))), word);
        }
    }

    // of equal ways the one whose last piece begins first
    private static (double Score, IEnumerable<string> Pieces) Best(string text, Dictionary<string, double> scores) => text.Length == 0 ? (0, [])
        : Enumerable.Range(0, text.Length).Select(start => text[start..]).Where(piece => piece.Length == 1 || scores.ContainsKey(piece)).Select(piece =>
        {
            (double score, IEnumerable<string> pieces) = Best(text[..^piece.Length], scores);
            return (Score: score + scores.GetValueOrDefault(piece, scores.Values.Min() - 10), Pieces: pieces.Append(piece));
        }).MaxBy(way => way.Score);

    private static string Pieces(VocabularyTokenizer tokenizer, string text) => string.Join(' ', tokenizer.EncodeToIds(text).Select(tokenizer.PieceOf));

    private UnigramTokenizer Read(Action<JsonNode>? change = null, bool bytes = false)
    {
        JsonArray vocabulary = [.. new (string, double)[] { ("<unk>", 0), ("▁", -3), ("a", -2), ("b", -3), ("d", -1), ("cd", -2), ("▁ab", -1), ("▁abc", -4), ("aa", -4) }
            .Concat(bytes ? [("<0xC3>", -9), ("<0xA9>", -9)] : []).Select(piece => new JsonArray(piece.Item1, piece.Item2))];
        JsonNode json = new JsonObject
        {
            ["added_tokens"] = new JsonArray(),
            ["normalizer"] = null,
            ["pre_tokenizer"] = JsonNode.Parse(Metaspace),
            ["decoder"] = JsonNode.Parse(Metaspace),
            ["model"] = new JsonObject { ["type"] = "Unigram", ["unk_id"] = 0, ["vocab"] = vocabulary, ["byte_fallback"] = bytes },
        };
        change?.Invoke(json);
        File.WriteAllText(_folder.File("tokenizer.json"), json.ToJsonString());
        return (UnigramTokenizer)TokenizerFolder.OpenJson(_folder.File("tokenizer.json"));
    }
}
