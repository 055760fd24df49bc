using System.Text.Json.Nodes;
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
    [TestCase("a\uD83Db", "▁ a <unk> b")]
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
    public void White_space_is_left_out_where_it_splits_first() => Assert.That(Pieces(Read(json => json["pre_tokenizer"] = JsonNode.Parse(
        $$"""{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{{Metaspace}}]}""")), "ab \n\t ab"), Is.EqualTo("▁ab ▁ab"));

    [Test]
    public void The_table_of_characters_is_applied_first() => Assert.That(Pieces(Read(json => json["normalizer"] = JsonNode.Parse(
        $$"""{"type":"Precompiled","precompiled_charsmap":"{{Convert.ToBase64String(SmallCharacterMap.Write(("ª", "a"), ("\u3000", " ")))}}"}""")), "ªb\u3000ab"), Is.EqualTo("▁ab ▁ab"));

    [Test]
    public void Text_comes_back() => Assert.That(Read() is var tokenizer ? tokenizer.Decode(tokenizer.EncodeToIds("ab cd aa")) : "", Is.EqualTo("ab cd aa"));

    [TestCase("""{"unk_id":null}""", "model.unk_id names no piece: a character that is none could not be encoded")]
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
