using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.Tests.Unit.Training;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

/// <summary>Normalizers of tokenizer.json; the texts are those of Hugging Face tokenizers.</summary>
public class TextNormalizerTests
{
    [TestCase("""{"type":"NFC"}""", "e\u0301 ﬁ \uFFFE\u0301", "é ﬁ \uFFFE\u0301")]
    [TestCase("""{"type":"NFD"}""", "é", "e\u0301")]
    [TestCase("""{"type":"NFKC"}""", "ﬁ ㎏ e\u0301", "fi kg é")]
    [TestCase("""{"type":"NFKD"}""", "ﬁ é", "fi e\u0301")]
    [TestCase("""{"type":"Lowercase"}""", "İΣ ẞ 𐐀 K", "i\u0307σ ß 𐐨 k")]
    [TestCase("""{"type":"Strip","strip_left":true,"strip_right":false}""", " \u3000a ", "a ")]
    [TestCase("""{"type":"Strip","strip_left":true,"strip_right":true}""", "\n a\u0085", "a")]
    [TestCase("""{"type":"Strip","strip_left":false,"strip_right":true}""", " a ", " a")]
    [TestCase("""{"type":"Strip","strip_left":false,"strip_right":false}""", " a ", " a ")]
    [TestCase("""{"type":"Replace","pattern":{"Regex":" {2,}"},"content":"_"}""", "a  b   c", "a_b_c")]
    [TestCase("""{"type":"Prepend","prepend":"▁"}""", "a", "▁a")]
    [TestCase("""{"type":"Prepend","prepend":"▁"}""", "", "")]
    [TestCase("""{"type":"Replace","pattern":{"String":"``"},"content":"\""}""", "``a``", "\"a\"")]
    [TestCase("""{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "}""", "a   b c", "a b c")]
    [TestCase("""{"type":"Replace","pattern":{"Regex":"\\p{So}"},"content":"$0"}""", "a😀b", "a$0b")]
    public void A_step_gives_the_text_of_the_Rust_library(string step, string text, string normal) =>
        Assert.That(new TextNormalizer([Step(step)]).Apply(text).ToString(), Is.EqualTo(normal));

    [Test]
    public void Half_a_surrogate_pair_is_the_replacement_character()
    {
        Assert.That(new TextNormalizer([Step("""{"type":"NFC"}""")]).Apply("\uD83Db").ToString(), Is.EqualTo("\uFFFDb"));
        Assert.That(new TextNormalizer([Step("""{"type":"NFC"}""")]).Apply("a\uD83Db").ToString(), Is.EqualTo("a\uFFFDb"));
    }

    // what begins the text after the step began it before, too
    [TestCase("""{"type":"NFKC"}""", true), TestCase("""{"type":"Lowercase"}""", true), TestCase("""{"type":"Precompiled","precompiled_charsmap":"BAAAAAAAAAA="}""", true)]
    [TestCase("""{"type":"Strip","strip_left":false,"strip_right":true}""", true), TestCase("""{"type":"Strip","strip_left":true,"strip_right":false}""", false)]
    [TestCase("""{"type":"Prepend","prepend":"▁"}""", false), TestCase("""{"type":"Replace","pattern":{"String":"a"},"content":""}""", false)]
    public void A_step_tells_its_name_and_whether_it_keeps_the_start(string json, bool keeps) =>
        Assert.That((Step(json).Name, Step(json).KeepsStart), Is.EqualTo((JsonDocument.Parse(json).RootElement.GetProperty("type").GetString(), keeps)));

    [TestCase("""{"type":"Replace","pattern":{"Regex":null},"content":"a"}""", "Regex is null"), TestCase("""{"type":"Prepend","prepend":null}""", "prepend is null")]
    public void A_text_that_is_null_is_refused(string step, string message) => Assert.That(() => Step(step), Throws.TypeOf<FormatException>().With.Message.EqualTo(message));

    [Test]
    public void Steps_follow_each_other() => Assert.That(new TextNormalizer([Step("""{"type":"NFKC"}"""), Step("""{"type":"Lowercase"}"""),
        Step("""{"type":"Replace","pattern":{"String":"fi"},"content":"f"}""")]).Apply("ﬁN").ToString(), Is.EqualTo("fn"));

    [Test]
    public void Steps_behind_a_normal_form_are_done_to_ASCII_too() =>
        Assert.That(new TextNormalizer([Step("""{"type":"NFKC"}"""), Step("""{"type":"Lowercase"}""")]).Apply("N").ToString(), Is.EqualTo("n"));

    [TestCase("""{"type":"Nmt"}""", "t: normalizer Nmt is not read; known here: Lowercase, NFC, NFD, NFKC, NFKD, Precompiled, Prepend, Replace, Sequence, Strip")]
    [TestCase("""{"type":"Precompiled","precompiled_charsmap":"AA!"}""", "t: normalizer Precompiled: precompiled_charsmap is not base64; get the file again")]
    [TestCase("""{"type":"Precompiled","precompiled_charsmap":"AAAA"}""", "t: normalizer Precompiled: precompiled_charsmap is no table of characters, or cut; get the file again")]
    [TestCase("""{"type":"Replace","pattern":{"String":""},"content":"a"}""", "t: normalizer replaces an empty text, which is not read")]
    [TestCase("""{"type":"Replace","pattern":{"Regex":"\\bx"},"content":"a"}""", "t: normalizer has the expression \\bx: \\b is not read")]
    public void A_step_that_would_not_be_exact_is_named(string step, string message) =>
        Assert.That(() => Step(step), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(message));

    [Test]
    public void An_added_token_of_normalised_text_is_looked_for_in_its_own_normal_form()
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder.File("tokenizer.json"), TokenizerJsonText.Changed(TokenizerJsonText.ByteLevel, json =>
        {
            json["normalizer"] = JsonNode.Parse("""{"type":"Lowercase"}""");
            (json["added_tokens"]![3]!["content"], json["added_tokens"]![3]!["normalized"]) = ("<|END|>", true);
        }));
        VocabularyTokenizer tokenizer = TokenizerFolder.OpenJson(folder.File("tokenizer.json"));
        Assert.That(tokenizer.EncodeToIds("HELLO<|End|>").Select(tokenizer.PieceOf), Is.EqualTo(new[] { "hello", "<|END|>" }));
    }

    private static NormalizerStep Step(string json) => NormalizerJson.Read(JsonDocument.Parse(json).RootElement, "t");
}
