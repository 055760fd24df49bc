using System.Text.Json.Nodes;
using Alignment.Tests.Unit.Training;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

/// <summary>Pre-tokenizers of byte-level tokenizer.json files; the pieces are those of Hugging Face tokenizers.</summary>
public class ByteLevelSplitTests
{
    private const string Bytes = """{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}""";
    private readonly TemporaryFolder _folder = new();

    [OneTimeTearDown]
    public void RemoveFolder() => _folder.Dispose();

    // "hello" is one piece unless it is split; a space is Ġ
    [TestCase("Isolated", false, "xhellolxx", "x he l l o l x x")]
    [TestCase("Removed", false, "hellolx", "he o x")]
    [TestCase("Removed", true, "hellolx", "l l l")]
    [TestCase("Contiguous", false, "hellhell", "he ll he ll")]
    [TestCase("MergedWithPrevious", false, "hell", "he l l")]
    [TestCase("MergedWithNext", false, "llhe", "l l he")]
    [TestCase("MergedWithNext", true, "lhe", "l he")]
    public void A_split_does_with_its_matches_as_its_behaviour_says(string behavior, bool inverted, string text, string pieces) => Assert.That(Pieces(
        $$"""[{"type":"Split","pattern":{"String":"l"},"behavior":"{{behavior}}","invert":{{(inverted ? "true" : "false")}}},{{Bytes}}]""", text), Is.EqualTo(pieces));

    [Test]
    public void Steps_split_one_in_another() => Assert.That(Pieces(
        $$$"""[{"type":"Split","pattern":{"Regex":"\\p{N}{1,3}"},"behavior":"Isolated","invert":false},{"type":"Split","pattern":{"Regex":"[e-l]+"},"behavior":"Isolated","invert":false},{{{Bytes}}}]""",
        "hello1hello"), Is.EqualTo("hell o 1 hell o"));

    [TestCase("true", "hello Ġ 1 2 hello"), TestCase("false", "hello Ġ 12 hello")]
    public void Digits_split_alone_or_together(string individual, string pieces) => Assert.That(Pieces(
        $$"""[{"type":"Digits","individual_digits":{{individual}}},{"type":"ByteLevel","add_prefix_space":false,"use_regex":true}]""", "hello 12hello"),
        Is.EqualTo(pieces));

    [TestCase("hello hello", "Ġ hello Ġ hello"), TestCase(" hello", "Ġ hello"), TestCase("12", "Ġ 12")]
    public void A_space_is_written_before_a_text_that_begins_with_none(string text, string pieces) =>
        Assert.That(Pieces("""[{"type":"ByteLevel","add_prefix_space":true,"use_regex":true}]""", text), Is.EqualTo(pieces));

    [Test]
    public void A_space_is_written_before_each_word_that_earlier_steps_leave() => Assert.That(Pieces(
        """[{"type":"Digits","individual_digits":false},{"type":"ByteLevel","add_prefix_space":true,"use_regex":false}]""", "hello12 hello"), Is.EqualTo("Ġ hello Ġ 12 Ġ hello"));

    // expressions that are done by hand: only where nothing else is asked for
    [TestCase("Isolated", false, false, false, "hello 12!o", "hello Ġ 12 !o")]
    [TestCase("Isolated", false, false, true, "hello 12!o", "hello Ġ 12 ! o")] // GPT-2's own splits again
    [TestCase("Isolated", false, true, false, "hello12", "Ġ hello Ġ 12")]
    [TestCase("Removed", false, false, false, "hello 12", "")]
    [TestCase("Removed", true, false, false, "hello 12", "hello Ġ 12")]
    public void Llama_3_s_expression_splits_as_it_is_told_to(string behavior, bool inverted, bool addsSpace, bool usesRegex, string text, string pieces)
    {
        JsonArray steps = [Split(TiktokenSplit.Llama3Pattern, behavior, inverted), new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = addsSpace, ["use_regex"] = usesRegex }];
        Assert.That(Pieces(steps.ToJsonString(), text), Is.EqualTo(pieces));
    }

    [Test]
    public void A_step_behind_an_expression_done_by_hand_is_done_too() => Assert.That(Pieces(new JsonArray(Split(TiktokenSplit.Llama3Pattern, "Isolated", false),
        JsonNode.Parse("""{"type":"Digits","individual_digits":true}"""), JsonNode.Parse(Bytes)).ToJsonString(), "12"), Is.EqualTo("1 2"));

    [TestCase("""{"type":"Digits","individual_digits":false}""", "12!!", "12 !!")]
    [TestCase("""{"type":"Punctuation"}""", "hello!!", "hello ! !")]
    [TestCase("""{"type":"Punctuation","behavior":"Contiguous"}""", "hello!!", "hello !!")]
    [TestCase("""{"type":"WhitespaceSplit"}""", "hello \n 12", "hello 12")]
    [TestCase("""{"type":"Split","pattern":{"String":"."},"behavior":"Removed","invert":false}""", "hello.12", "hello 12")]
    [TestCase("""{"type":"Split","pattern":{"String":"l\n"},"behavior":"Removed","invert":false}""", "hellol\n12", "hello 12")]
    public void A_step_alone_splits(string step, string text, string pieces) => Assert.That(Pieces($"[{step},{Bytes}]", text), Is.EqualTo(pieces));

    [Test]
    public void A_tokenizer_tells_whether_it_writes_a_space_first() => Assert.That(new[] { true, false }.Select(adds =>
        Read($$"""[{"type":"ByteLevel","add_prefix_space":{{(adds ? "true" : "false")}}}]""").Prefix), Is.EqualTo(new[] { SpacePrefix.UnlessThere, SpacePrefix.None }));

    // ² is C2 B2, whose spelling "Â²" has a digit for its second character
    [Test]
    public void Steps_behind_the_bytes_split_their_spelling() => Assert.That(Pieces(
        """[{"type":"Punctuation","behavior":"Contiguous"},{"type":"ByteLevel","add_prefix_space":false,"use_regex":true},{"type":"Digits","individual_digits":false}]""",
        "hello!?hello ²"), Is.EqualTo("hello ! ? hello Ġ Â ²"));

    [TestCase("""[{"type":"Split","pattern":{"Regex":null},"behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":false}]""",
        "not a tokenizer.json with model, vocab, merges and added_tokens: a member is of another type than there; get the file again from where the model was made")]
    [TestCase("""[{"type":"BertPreTokenizer"},{"type":"ByteLevel","add_prefix_space":false}]""",
        "pre_tokenizer BertPreTokenizer is not read beside ByteLevel; known there: Digits, Punctuation, Sequence, Split, WhitespaceSplit")]
    [TestCase("""[{"type":"Split","pattern":{"Regex":"\\p{Han}+"},"behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":false}]""",
        "pre_tokenizer has the expression \\p{Han}+: \\p{Han} is not read")]
    [TestCase("""[{"type":"Split","pattern":{"String":"a"},"behavior":"Kept","invert":false},{"type":"ByteLevel","add_prefix_space":false}]""",
        "pre_tokenizer Split has behavior Kept; known here: Isolated, Removed, Contiguous, MergedWithPrevious, MergedWithNext")]
    public void What_is_not_read_exactly_is_named(string steps, string message) =>
        Assert.That(() => Pieces(steps, ""), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"{_folder.File("tokenizer.json")}: {message}"));

    private static JsonObject Split(string regex, string behavior, bool inverted) =>
        new() { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = regex }, ["behavior"] = behavior, ["invert"] = inverted };

    private string Pieces(string steps, string text)
    {
        VocabularyTokenizer tokenizer = Read(steps);
        return string.Join(' ', tokenizer.EncodeToIds(text).Select(tokenizer.PieceOf));
    }

    private VocabularyTokenizer Read(string steps)
    {
        File.WriteAllBytes(_folder.File("tokenizer.json"), TokenizerJsonText.Changed(TokenizerJsonText.ByteLevel,
            json =>
            {
                foreach ((string left, string right) in new[] { ("1", "2"), ("Â", "²"), ("!", "!"), ("!", "o") })
                {
                    json["model"]!["vocab"]![left + right] = json["model"]!["vocab"]!.AsObject().Count;
                    json["model"]!["merges"]!.AsArray().Add($"{left} {right}");
                }

                foreach ((int i, JsonNode? token) in json["added_tokens"]!.AsArray().Index())
                    token!["id"] = json["model"]!["vocab"]!.AsObject().Count + i;
                json["pre_tokenizer"] = new JsonObject { ["type"] = "Sequence", ["pretokenizers"] = JsonNode.Parse(steps) };
            }));
        return TokenizerFolder.OpenJson(_folder.File("tokenizer.json"));
    }
}
