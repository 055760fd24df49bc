using System.Text.Json.Nodes;
using Alignment.Tests.Unit.Training;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

/// <summary>tokenizer.json files that write ▁ by a pre-tokenizer; the pieces are those of Hugging Face tokenizers.</summary>
public class MetaspaceTests
{
    private const string Metaspace = """{"type":"Metaspace","replacement":"▁","prepend_scheme":"SCHEME","split":SPLIT}""";
    private readonly TemporaryFolder _folder = new();

    [OneTimeTearDown]
    public void RemoveFolder() => _folder.Dispose();

    [TestCase("always", "hello<|end|>hello hello", "▁hello <|end|> ▁hello ▁hello")]
    [TestCase("first", "hello<|end|>hello hello", "▁hello <|end|> he ll o ▁hello")]
    [TestCase("never", "hello<|end|>hello hello", "he ll o <|end|> he ll o ▁hello")]
    [TestCase("always", " hello  he", "▁hello ▁ ▁he")]
    [TestCase("first", "<|user|> hello", "<|user|> he ll o")]
    public void The_scheme_says_where_a_space_is_written_that_is_not_in_the_text(string scheme, string text, string pieces)
    {
        foreach (string split in (string[])["true", "false"])
            Assert.That(Pieces(Read(Metaspace.Replace("SCHEME", scheme).Replace("SPLIT", split)), text), Is.EqualTo(pieces));
    }

    [TestCase("true", "▁hello"), TestCase("false", "he ll o")]
    public void Older_files_say_it_by_add_prefix_space(string adds, string pieces) =>
        Assert.That(Pieces(Read($$"""{"type":"Metaspace","replacement":"▁","add_prefix_space":{{adds}}}"""), "hello"), Is.EqualTo(pieces));

    [Test]
    public void Words_that_are_tokens_are_not_merged_where_merges_are_ignored() => Assert.That(Pieces(Read(
        Metaspace.Replace("SCHEME", "never").Replace("SPLIT", "true"), json => (json["model"]!["ignore_merges"], json["model"]!["merges"]) = (true, new JsonArray("h e"))),
        "he hello"), Is.EqualTo("he ▁hello"));

    // merges over a space, where words are not cut at spaces
    [TestCase("true", "▁he ▁ ▁he"), TestCase("false", "▁he ▁▁ he")]
    public void A_word_begins_at_each_space_or_goes_on_over_it(string split, string pieces) => Assert.That(Pieces(Read(Metaspace.Replace("SCHEME", "always").Replace("SPLIT", split), json =>
    {
        json["model"]!["vocab"]!["▁▁"] = json["model"]!["vocab"]!.AsObject().Count;
        json["model"]!["merges"]!.AsArray().Insert(0, "▁ ▁");
    }), "he  he"), Is.EqualTo(pieces));

    [Test]
    public void A_token_of_several_words_is_taken_whole_where_merges_are_ignored([Values(true, false)] bool alone) => Assert.That(Pieces(Read(Metaspace.Replace("SCHEME", "always").Replace("SPLIT", "false"), json =>
    {
        json["model"]!["vocab"]!["▁he▁h"] = json["model"]!["vocab"]!.AsObject().Count;
        json["model"]!["ignore_merges"] = true;
    }), alone ? "he h" : "he h o"), Is.EqualTo(alone ? "▁he▁h" : "▁he ▁ h ▁ o"), "all of the text is one word");

    [Test]
    public void Behind_a_character_that_is_left_out_a_space_joins_what_stands_before_it([Values(true, false)] bool withSomeBytes) => Assert.That(Pieces(Read(Metaspace.Replace("SCHEME", "always").Replace("SPLIT", "false"), json =>
    {
        json["model"]!["vocab"]!["h▁"] = json["model"]!["vocab"]!.AsObject().Count;
        json["model"]!["merges"]!.AsArray().Insert(0, "h ▁");
        (json["model"]!["byte_fallback"], json["model"]!["unk_token"]) = (withSomeBytes, null);
        JsonObject vocabulary = json["model"]!["vocab"]!.AsObject();
        (vocabulary["another"], _) = (vocabulary["<0xE6>"]!.DeepClone(), vocabulary.Remove("<0xE6>"));
    }), "h日 e"), Is.EqualTo("▁ h▁ e"));

    [Test]
    public void Only_the_first_of_the_words_that_a_step_leaves_begins_the_text() => Assert.That(Pieces(Read(
        $$"""{"type":"Sequence","pretokenizers":[{"type":"Punctuation"},{{Metaspace.Replace("SCHEME", "first").Replace("SPLIT", "true")}}]}""",
        json => json["model"]!["vocab"]!["!"] = json["model"]!["vocab"]!.AsObject().Count), "hello!hello"), Is.EqualTo("▁hello ! he ll o"));

    [TestCase("日h", "<unk> h"), TestCase("日本", "<unk>")]
    public void An_unknown_character_may_come_first(string text, string pieces) => Assert.That(Pieces(Read(Metaspace.Replace("SCHEME", "never").Replace("SPLIT", "true"),
        json => (json["model"]!["byte_fallback"], json["model"]!["fuse_unk"]) = (false, true)), text), Is.EqualTo(pieces));

    [TestCase("Always", "Strip", " ", ""), TestCase("Always", "Strip", " he ", "▁he"), TestCase("None", "Strip", " he ", "he"), TestCase("None", "NFC", " he", "▁he")]
    public void A_normalizer_writes_a_space_before_a_text_that_is_left(string prefix, string first, string text, string pieces)
    {
        JsonArray steps = [JsonNode.Parse($$"""{"type":"{{first}}","strip_left":true,"strip_right":true}"""), JsonNode.Parse("""{"type":"Replace","pattern":{"String":" "},"content":"▁"}""")];
        if (prefix == "Always")
            steps.Insert(1, JsonNode.Parse("""{"type":"Prepend","prepend":"▁"}"""));
        Assert.That(Pieces(Read("null", json => json["normalizer"] = new JsonObject { ["type"] = "Sequence", ["normalizers"] = steps }), text), Is.EqualTo(pieces));
    }

    [TestCase(true, "<unk>", "▁ <unk> h <unk>")]
    [TestCase(false, "<unk>", "▁ <unk> <unk> h <unk>")]
    [TestCase(true, null, "▁ h")]
    public void Unknown_characters_without_bytes_are_one_token_each_or_together_or_left_out(bool fuses, string? unknown, string pieces) =>
        Assert.That(Pieces(Read(Metaspace.Replace("SCHEME", "always").Replace("SPLIT", "true"), json =>
            (json["model"]!["byte_fallback"], json["model"]!["fuse_unk"], json["model"]!["unk_token"]) = (false, fuses, unknown)), "日本h日"), Is.EqualTo(pieces));

    // the bytes of h and of the last of three; the unknown wait for the next character that is a piece
    [TestCase("日h", "▁ <unk> h")]
    [TestCase("日é日h", "▁ <0xC3> <0xA9> <unk> h")]
    [TestCase("é日", "▁ <0xC3> <0xA9> <unk>")]
    public void A_character_that_bytes_do_not_spell_is_unknown(string text, string pieces) => Assert.That(Pieces(Read(Metaspace.Replace("SCHEME", "always").Replace("SPLIT", "true"), json =>
    {
        (json["model"]!["fuse_unk"], json["model"]!["byte_fallback"]) = (true, true);
        foreach (int b in Enumerable.Range(0, 256).Where(b => b is not (0xC3 or 0xA9)))
            json["model"]!["vocab"]!.AsObject().Remove($"<0x{b:X2}>");
    }), text), Is.EqualTo(pieces));

    [Test]
    public void Characters_merge_over_one_that_is_left_out() => Assert.That(Pieces(Read(Metaspace.Replace("SCHEME", "always").Replace("SPLIT", "true"), json =>
        (json["model"]!["byte_fallback"], json["model"]!["unk_token"]) = (false, null)), "h日e"), Is.EqualTo("▁he"));

    [Test]
    public void The_decoder_takes_the_written_space_away()
    {
        SentencePieceBpe tokenizer = Read(Metaspace.Replace("SCHEME", "first").Replace("SPLIT", "false"),
            json => json["decoder"] = JsonNode.Parse(Metaspace.Replace("SCHEME", "first").Replace("SPLIT", "true")));
        Assert.That(tokenizer.Decode(tokenizer.EncodeToIds("hello hello")), Is.EqualTo("hello hello"));
        Assert.That(tokenizer.Decode([tokenizer.IdOf("he")!.Value, tokenizer.IdOf("▁he")!.Value]), Is.EqualTo("he he"));
    }

    [Test]
    public void A_response_behind_a_prompt_does_not_begin_the_text()
    {
        ModelTokenizer tokenizer = ModelTokenizer.For(Read(Metaspace.Replace("SCHEME", "first").Replace("SPLIT", "false")), ChatTemplate.Phi3);
        Message[] prompt = [new(Role.User, "hello")];
        IReadOnlyList<int> whole = tokenizer.Encode([.. prompt, new(Role.Assistant, "hello he")], addGenerationPrompt: false);
        int[] apart = [.. tokenizer.EncodePrompt(prompt), .. tokenizer.EncodeResponse("hello he")];
        Assert.That(whole.Take(apart.Length), Is.EqualTo(apart));
    }

    [Test]
    public void Behind_BOS_the_prompt_does_not_begin_the_text()
    {
        ModelTokenizer tokenizer = ModelTokenizer.For(Read(Metaspace.Replace("SCHEME", "first").Replace("SPLIT", "false")), ChatTemplate.Phi3) with { Bos = 1 };
        Assert.That(tokenizer.Encode(new WrittenConversation("hello", [])), Is.EqualTo(tokenizer.EncodeResponse("hello")[..^1]));
    }

    [TestCase("""{"type":"Metaspace","replacement":"_","prepend_scheme":"first"}""", "pre_tokenizer Metaspace writes \"_\" for a space, which is not read; known here is \"▁\"")]
    [TestCase("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"last"}""", "prepend_scheme is \"last\"; known here: always, first, never")]
    [TestCase("""{"type":"Whitespace"}""", "pre_tokenizer is \"Whitespace\", known here: \"\", \"Metaspace\", \"Split\"")]
    public void A_setting_that_is_not_read_is_named(string preTokenizer, string message) =>
        Assert.That(() => Read(preTokenizer), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"{_folder.File("tokenizer.json")}: {message}"));

    [Test]
    public void A_tokenizer_without_any_sign_for_spaces_is_refused() => Assert.That(() => Read("null"), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
        $"{_folder.File("tokenizer.json")}: nothing writes ▁ for a space, neither a pre_tokenizer Metaspace nor a normalizer that ends in Replace; that is not read"));

    private static string Pieces(SentencePieceBpe tokenizer, string text) => string.Join(' ', tokenizer.EncodeToIds(text).Select(tokenizer.PieceOf));

    private SentencePieceBpe Read(string preTokenizer, Action<JsonNode>? change = null)
    {
        File.WriteAllBytes(_folder.File("tokenizer.json"), TokenizerJsonText.Changed(TokenizerJsonText.SentencePiece, json =>
        {
            (json["normalizer"], json["pre_tokenizer"]) = (null, JsonNode.Parse(preTokenizer));
            change?.Invoke(json);
        }));
        return (SentencePieceBpe)TokenizerFolder.OpenJson(_folder.File("tokenizer.json"));
    }
}
