using System.Text.Json.Nodes;
using Alignment.Tests.Unit.Training;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

/// <summary>Members of a tokenizer.json: what is read, what does nothing, and what is refused.</summary>
public class TokenizerJsonTests
{
    private readonly TemporaryFolder _folder = new();

    [OneTimeTearDown]
    public void RemoveFolder() => _folder.Dispose();

    [TestCase("dropout", "0.0"), TestCase("dropout", "null"), TestCase("continuing_subword_prefix", "\"\""), TestCase("end_of_word_suffix", "false")]
    public void A_setting_that_does_nothing_is_passed_over(string name, string value) =>
        Assert.That(Pieces(Open(TokenizerJsonText.ByteLevel, json => json["model"]![name] = JsonNode.Parse(value)), "hello"), Is.EqualTo("hello"));

    [TestCase("dropout", "0.1"), TestCase("continuing_subword_prefix", "\"##\""), TestCase("end_of_word_suffix", "\"</w>\""), TestCase("dropout", "true"), TestCase("dropout", "[]")]
    public void A_setting_that_is_not_read_is_refused(string name, string value) =>
        Refused(TokenizerJsonText.ByteLevel, json => json["model"]![name] = JsonNode.Parse(value), $"model.{name} is set, which is not read");

    [TestCase("model"), TestCase("added_tokens")]
    public void A_file_without_a_member_is_refused(string name) => Missing(json => json.AsObject().Remove(name), name);

    [TestCase("type"), TestCase("vocab"), TestCase("merges")]
    public void A_model_without_a_member_is_refused(string name) => Missing(json => json["model"]!.AsObject().Remove(name), name);

    [TestCase("content"), TestCase("id"), TestCase("normalized"), TestCase("special"), TestCase("lstrip"), TestCase("rstrip"), TestCase("single_word")]
    public void An_added_token_without_a_member_is_refused(string name) => Missing(json => json["added_tokens"]![1]!.AsObject().Remove(name), name);

    [Test]
    public void Added_tokens_have_the_vocabulary_s_ids_or_the_next_ones_whatever_the_file_says()
    {
        VocabularyTokenizer tokenizer = Open(TokenizerJsonText.ByteLevel, json =>
        {
            JsonArray added = json["added_tokens"]!.AsArray();
            foreach ((string content, int id) in new[] { ("hello", 999), ("<|end|>", 5) })
            {
                JsonNode token = added[0]!.DeepClone();
                (token["content"], token["id"]) = (content, id);
                added.Add(token);
            }
        });
        int size = 260;
        Assert.That(tokenizer.AddedTokens.Select(token => token.Id), Is.EqualTo(new[] { size, size + 1, size + 2, size + 3, 259, size + 3 }));
        Assert.That(tokenizer.VocabularySize, Is.EqualTo(size + 4));
    }

    [TestCase("true", "hello Ġ he l l"), TestCase("false", "he l l o Ġ he l l"), TestCase("\"true\"", "he l l o Ġ he l l")]
    public void Words_that_are_tokens_are_not_merged_where_merges_are_ignored(string ignores, string pieces) => Assert.That(Pieces(Open(TokenizerJsonText.ByteLevel, json =>
        (json["model"]!["ignore_merges"], json["model"]!["merges"]) = (JsonNode.Parse(ignores), JsonNode.Parse("""[["h","e"]]"""))), "hello hell"), Is.EqualTo(pieces));

    // longer than what is remembered and than what is spelled on the stack
    [TestCase(48), TestCase(49), TestCase(256), TestCase(257), TestCase(1000)]
    public void Words_may_be_long(int length)
    {
        VocabularyTokenizer whole = Open(TokenizerJsonText.ByteLevel, json => json["model"]!["ignore_merges"] = true);
        VocabularyTokenizer split = Open(TokenizerJsonText.ByteLevel, json => json["pre_tokenizer"] = JsonNode.Parse(
            """{"type":"Sequence","pretokenizers":[{"type":"ByteLevel","add_prefix_space":false},{"type":"Digits","individual_digits":false}]}"""));
        foreach (VocabularyTokenizer tokenizer in new[] { whole, split })
        {
            string word = new('h', length), text = $"{word}e {word}e";
            Assert.That(Pieces(tokenizer, text), Is.EqualTo(string.Join(' ', [.. Enumerable.Repeat("h", length - 1), "he", "Ġ", .. Enumerable.Repeat("h", length - 1), "he"])));
            Assert.That(tokenizer.Decode(tokenizer.EncodeToIds(text)), Is.EqualTo(text));
        }
    }

    [Test]
    public void An_unknown_token_that_is_none_is_refused() => Refused(TokenizerJsonText.SentencePiece, json => json["model"]!["unk_token"] = "<x>", "unk_token \"<x>\" is no token");

    [Test]
    public void Ids_of_two_tokens_are_refused() => Refused(TokenizerJsonText.SentencePiece, json => json["model"]!["vocab"]!["x"] = 1, "id 1 is both \"<s>\" and \"x\"");

    [Test]
    public void A_merge_of_what_is_no_token_is_refused() =>
        Refused(TokenizerJsonText.SentencePiece, json => json["model"]!["merges"]!.AsArray().Add("l x"), "merge 6 needs \"x\", which the vocabulary does not have");

    [Test]
    public void A_decoder_of_several_steps_is_named_with_all_of_them() => Refused(TokenizerJsonText.ByteLevel, json => json["decoder"] = JsonNode.Parse(
        """{"type":"Sequence","decoders":[{"type":"ByteLevel"},{"type":"Fuse"}]}"""), "decoder is \"ByteLevel,Fuse\", known here: \"ByteLevel\"");

    [Test]
    public void Prefixes_of_the_normalizer_and_spaces_are_read() =>
        Assert.That(Pieces(Open(TokenizerJsonText.SentencePiece, _ => { }), "hello he<|end|> h"), Is.EqualTo("▁hello ▁he <|end|> ▁ h"), "a marker takes the space behind it, and the next stretch has its own");

    private void Missing(Action<JsonNode> change, string name) =>
        Refused(TokenizerJsonText.SentencePiece, change, $"not a tokenizer.json with model, vocab, merges and added_tokens: \"{name}\" is missing");

    private void Refused(byte[] good, Action<JsonNode> change, string message) =>
        Assert.That(() => Open(good, change), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"{_folder.File("tokenizer.json")}: {message}"));

    private static string Pieces(VocabularyTokenizer tokenizer, string text) => string.Join(' ', tokenizer.EncodeToIds(text).Select(tokenizer.PieceOf));

    private VocabularyTokenizer Open(byte[] good, Action<JsonNode> change)
    {
        File.WriteAllBytes(_folder.File("tokenizer.json"), TokenizerJsonText.Changed(good, change));
        return TokenizerFolder.OpenJson(_folder.File("tokenizer.json"));
    }
}
