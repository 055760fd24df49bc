using System.Text.Json;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

/// <summary>Which normalizers and pre-tokenizers write ▁ for a space, and where they write one more.</summary>
public class SpacingTests
{
    private const string Space = """{"type":"Replace","pattern":{"String":" "},"content":"▁"}""", Prepend = """{"type":"Prepend","prepend":"▁"}""";
    private const string First = """{"type":"Metaspace","replacement":"▁","prepend_scheme":"first"}""", Words = """{"type":"WhitespaceSplit"}""";
    private const string AtSpace = """{"type":"Split","pattern":{"String":" "},"behavior":"MergedWithPrevious","invert":false}""";

    [TestCase(Space, "", nameof(SpacePrefix.None), 0)]
    [TestCase(Prepend + "," + Space, "", nameof(SpacePrefix.Always), 0)]
    [TestCase(Space + "," + Prepend, "", nameof(SpacePrefix.Always), 0)]
    [TestCase("""{"type":"NFKC"},""" + Space, "", nameof(SpacePrefix.None), 1)]
    [TestCase("""{"type":"NFKC"},{"type":"Lowercase"},""" + Prepend + "," + Space, "", nameof(SpacePrefix.Always), 2)]
    [TestCase(Space, AtSpace, nameof(SpacePrefix.None), 0)]
    public void A_normalizer_writes_them(string normalizer, string preTokenizer, string prefix, int steps)
    {
        Spacing spacing = Read(normalizer, preTokenizer);
        Assert.That(($"{spacing.Prefix}", spacing.Metaspace), Is.EqualTo((prefix, (Metaspace?)null)));
        Assert.That(spacing.Normalizer.Apply("ﬁ A ").ToString(), Is.EqualTo(steps switch { 0 => "ﬁ A ", 1 => "fi A ", _ => "fi a " }), "what stands before it is done to the text");
    }

    [TestCase("", First, 0)]
    [TestCase("", Words + "," + First, 1)]
    [TestCase("""{"type":"NFC"}""", First, 0)]
    [TestCase("""{"type":"Lowercase"}""", First, 0)]
    [TestCase("""{"type":"Strip","strip_left":false,"strip_right":true}""", First, 0)]
    [TestCase("""{"type":"Replace","pattern":{"String":"a"},"content":"b"}""", First, 0)]
    [TestCase("""{"type":"Replace","pattern":{"Regex":"a+"},"content":"b"}""", First, 0)]
    public void A_pre_tokenizer_writes_them(string normalizer, string preTokenizer, int before)
    {
        Spacing spacing = Read(normalizer, preTokenizer);
        Assert.That((spacing.Metaspace, spacing.Before.Count), Is.EqualTo((new Metaspace(SpacePrefix.First, Splits: true), before)));
    }

    [TestCase("true", true), TestCase("false", false)]
    public void Words_may_go_on_over_spaces(string split, bool splits) => Assert.That(
        Read("", $$"""{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":{{split}}}""").Metaspace, Is.EqualTo(new Metaspace(SpacePrefix.First, splits)));

    [TestCase("""{"type":"Strip","strip_left":true,"strip_right":false}""", First, "normalizer Strip with prepend_scheme first, where the text begins, is not read")]
    [TestCase(Prepend, First, "normalizer Prepend with prepend_scheme first, where the text begins, is not read")]
    [TestCase("""{"type":"Replace","pattern":{"String":"a"},"content":""}""", First, "normalizer Replace with prepend_scheme first, where the text begins, is not read")]
    [TestCase("""{"type":"Replace","pattern":{"Regex":"a+"},"content":""}""", First, "normalizer Replace with prepend_scheme first, where the text begins, is not read")]
    [TestCase(Space, """{"type":"Split","pattern":{"String":"a"},"behavior":"Isolated","invert":false}""",
        "pre_tokenizer Split at something other than a space is read for byte-level vocabularies only")]
    [TestCase(Space, """{"type":"Split","pattern":{"Regex":" "},"behavior":"Isolated","invert":false}""",
        "pre_tokenizer Split at something other than a space is read for byte-level vocabularies only")]
    [TestCase(Space, """{"type":"Split","pattern":{"String":" "},"behavior":"Isolated","invert":true}""",
        "pre_tokenizer Split at something other than a space is read for byte-level vocabularies only")]
    [TestCase(Space, First + "," + Words, "pre_tokenizer is \"Metaspace,WhitespaceSplit\", known here: \"\", \"Metaspace\", \"Split\"")]
    [TestCase("""{"type":"Replace","pattern":{"String":"_"},"content":"▁"}""", "",
        "nothing writes ▁ for a space, neither a pre_tokenizer Metaspace nor a normalizer that ends in Replace; that is not read")]
    public void What_is_not_read_is_named(string normalizer, string preTokenizer, string message) =>
        Assert.That(() => Read(normalizer, preTokenizer), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"t: {message}"));

    private static Spacing Read(string normalizer, string preTokenizer) =>
        Spacing.Read([.. Steps(normalizer).Select(step => NormalizerJson.Read(step, "t"))], Steps(preTokenizer), "t");

    private static JsonElement[] Steps(string steps) => [.. JsonDocument.Parse($"[{steps}]").RootElement.EnumerateArray()];
}
