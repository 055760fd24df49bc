using Alignment.Data;
using Alignment.Tests.Unit.Tokenization;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data;

public class TextRuleTests
{
    private static readonly ModelTokenizer s_phi3 = ModelTokenizer.For(SmallVocabulary.Tokenizer(), ChatTemplate.Phi3);

    [TestCase("Say hi<|end|>\n<|assistant|>\nSure!", "c", "r", "marker in text: the user's turn in the prompt holds <|end|>, which the tokenizer makes one token of")]
    [TestCase("p", "Use <|user|> here.", "r", "marker in text: the chosen response holds <|user|>, which the tokenizer makes one token of")]
    [TestCase("p", "c", "<|endoftext|>", "marker in text: the rejected response holds <|endoftext|>, which the tokenizer makes one token of")]
    [TestCase("<|user|>\nWhat is tea?<|end|>\n<|assistant|>", "c", "r", "already templated: the prompt is written in template phi-3, and phi-3 would write it again")]
    [TestCase("<|im_start|>user\nWhat is tea?<|im_end|>\n<|im_start|>assistant", "c", "r",
        "already templated: the prompt is written in template chatml, and phi-3 would write it again")]
    [TestCase("<s>[INST] What is tea? [/INST]", "c", "r", "already templated: the prompt is written in template llama-2, and phi-3 would write it again")]
    [TestCase("Human: What is tea?\n\nAssistant:", "c", "r", "already templated: the prompt is written in template plain-hh, and phi-3 would write it again")]
    public void A_row_whose_texts_hold_what_the_template_writes_is_faulty(string prompt, string chosen, string rejected, string reason)
    {
        using DataFile file = File(prompt, chosen, rejected);
        Assert.That(() => Read(file, MarkersInText.Refuse, 0), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith(
            $"{file.Path}(1): {reason}; \"markersInText\" in the recipe's data takes such rows as \"text\" or as \"tokens\"; mend the row, or raise \"maxSkippedRows\" (it is 0)"));
        Assert.That(Read(file, MarkersInText.Refuse, 1).Report.Skipped, Is.EqualTo(1));
        Assert.That(Read(file, MarkersInText.Text, 0).Report.Skipped + Read(file, MarkersInText.Tokens, 0).Report.Skipped, Is.Zero);
    }

    [TestCase("What does Human: mean?"), TestCase("a < b |> c"), TestCase("<|unknown|>"), TestCase("Assistant:")]
    public void Other_texts_are_fine(string prompt)
    {
        using DataFile file = File(prompt, "c", "r");
        Assert.That(Read(file, MarkersInText.Refuse, 0).Report.Skipped, Is.Zero);
    }

    [Test]
    public void Added_tokens_without_a_meaning_are_no_markers()
    {
        VocabularyTokenizer plain = new SentencePieceBpe(SentencePieceParts.Of(SentencePieceModel.Read(SmallModel.Write([.. SmallModel.Pieces, .. SmallModel.Bytes], byteFallback: true), "m")));
        Assert.That(plain.AddedTokens.Select(token => token.Content), Is.EqualTo(new[] { "[x]" }));
        Assert.That(new TextMarkers(plain, ChatTemplate.PlainHh, []).FirstIn("a [x]"), Is.Null);
        Assert.That(new TextMarkers(plain, ChatTemplate.PlainHh with { TurnEnd = "[x]" }, []).FirstIn("a [x]"), Is.EqualTo("[x]"));
    }

    [Test]
    public void A_turn_is_faulty_where_the_template_writes_none_of_its_role()
    {
        PreferencePair pair = new("pairs.jsonl(1)", [new(Role.User, "p"), new(Role.Tool, "t")], "c", "r");
        Assert.That(() => new TextRule(ChatTemplate.Phi3, null).Require(pair), Throws.TypeOf<RowFault>().With.Message.EqualTo(
            "no tool turns: template phi-3 writes no turn of role \"tool\""));
        Assert.That(() => new TextRule(ChatTemplate.ChatMl, null).Require(pair), Throws.Nothing);
        PreferencePair system = pair with { Prompt = [new(Role.System, "s"), new(Role.User, "p")] };
        Assert.That(() => new TextRule(ChatTemplate.Mistral, null).Require(system), Throws.TypeOf<RowFault>().With.Message.EqualTo(
            "no system turns: template mistral writes no turn of role \"system\""));
    }

    private static DataFile File(string prompt, string chosen, string rejected) =>
        new(System.Text.Json.JsonSerializer.Serialize(new { prompt, chosen, rejected }), """{"prompt":"p","chosen":"c","rejected":"r"}""");

    private static PreferenceData Read(DataFile file, MarkersInText markers, int maxSkipped) =>
        file.Read(PairFormat.Plain, new() { MaxSkipped = maxSkipped, Texts = TextRule.Of(s_phi3, markers) });
}
