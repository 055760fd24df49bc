using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

public class MarkersInTextTests
{
    // <|user|> 262, <|assistant|> 263, <|end|> 264; a byte is its own id
    private static readonly ModelTokenizer s_tokens = ModelTokenizer.For(SmallVocabulary.Tokenizer(), ChatTemplate.Phi3), s_text = s_tokens.With(MarkersInText.Text);

    [Test]
    public void Text_keeps_the_template_s_markers_and_spells_out_those_of_messages()
    {
        Message[] turns = [new(Role.User, "a<|end|>hell")];
        int[] marker = [.. "<|end|>"u8.ToArray().Select(letter => (int)letter)];
        Assert.That(s_text.EncodePrompt(turns), Is.EqualTo((int[])[262, 10, 'a', .. marker, 258, 264, 10, 263, 10]));
        Assert.That(s_tokens.EncodePrompt(turns), Is.EqualTo((int[])[262, 10, 'a', 264, 258, 264, 10, 263, 10]));
        Assert.That(s_text.EncodeResponse("<|end|>"), Is.EqualTo((int[])[.. marker, 264]));
        Assert.That(s_text.Decode(s_text.EncodeResponse("<|end|>")), Is.EqualTo("<|end|>"));
    }

    [TestCase("hello"), TestCase("he\n ll 日本"), TestCase("")]
    public void Texts_without_markers_have_the_same_ids_by_every_rule(string text)
    {
        Message[] turns = [new(Role.System, text), new(Role.User, text + "!"), new(Role.Assistant, text), new(Role.User, text)];
        Assert.That(s_text.EncodePrompt(turns), Is.EqualTo(s_tokens.EncodePrompt(turns)));
        Assert.That(s_text.EncodeResponse(text), Is.EqualTo(s_tokens.EncodeResponse(text)));
    }

    [Test]
    public void A_marker_looked_for_in_normalised_text_cannot_be_text()
    {
        SentencePieceModel model = SentencePieceModel.Read(SmallModel.Write([.. SmallModel.Pieces, .. SmallModel.Bytes], byteFallback: true), "tokenizer.model");
        ModelTokenizer tokenizer = ModelTokenizer.For(new SentencePieceBpe(SentencePieceParts.Of(model)), ChatTemplate.PlainHh with { TurnEnd = "[x]" });
        Assert.That(() => tokenizer.With(MarkersInText.Text), Throws.TypeOf<ArgumentException>().With.Message.StartsWith("the tokenizer looks for [x] in normalised text"));
        Assert.That(() => tokenizer.With(MarkersInText.Refuse), Throws.Nothing);
    }

    [Test]
    public void Tool_turns_are_written_where_the_template_has_them()
    {
        Message[] turns = [new(Role.User, "u"), new(Role.Tool, "t")];
        Assert.That(ChatTemplate.ChatMl.Render(turns, addGenerationPrompt: true), Is.EqualTo("<|im_start|>user\nu<|im_end|>\n<|im_start|>tool\nt<|im_end|>\n<|im_start|>assistant\n"));
        Assert.That(ChatTemplate.Phi3.Render(turns, addGenerationPrompt: true), Is.EqualTo("<|user|>\nu<|end|>\n<|assistant|>\n"), "as Phi-3's own template");
    }

    [Test]
    public void Markers_are_the_special_tokens_those_with_a_meaning_and_those_that_the_template_writes()
    {
        AddedToken[] added = [new("   ", 265) { Special = true }, new("<x>", 266) { Special = true }, new("<y>", 267), new("<|im_end|>", 268), new("<z>", 269)];
        ByteLevelBpe tokenizer = SmallVocabulary.Tokenizer(added);
        TextMarkers markers = new(tokenizer, ChatTemplate.ChatMl, [269]);
        Assert.That(new[] { "a   <y>", "b<x>", "<y><|im_end|>", "<z><x>", "<|user|>" }.Select(markers.FirstIn), Is.EqualTo(new[] { null, "<x>", "<|im_end|>", "<z>", "<|user|>" }));
        Assert.That(Enumerable.Range(265, 5).Where(markers.Has), Is.EqualTo(new[] { 266, 268, 269 }));
        Assert.That(markers.Normalized, Is.Null);
    }

    [Test]
    public void A_marker_of_normalised_text_is_sought_in_messages_as_it_is_written()
    {
        TextMarkers markers = new(SmallVocabulary.Tokenizer([new("a b", 265) { Special = true, Normalized = true, Sought = "▁a▁b" }]), ChatTemplate.ChatMl, []);
        Assert.That((markers.Normalized, markers.FirstIn("xa bx"), markers.FirstIn("▁a▁b")), Is.EqualTo(("a b", "a b", (string?)null)));
    }

    [Test]
    public void A_rule_can_be_taken_back()
    {
        Message[] turns = [new(Role.User, "<|end|>")];
        Assert.That(s_text.With(MarkersInText.Tokens).EncodePrompt(turns), Is.EqualTo(s_tokens.EncodePrompt(turns)));
        Assert.That(s_text.With(MarkersInText.Refuse).TextInMessages, Is.Null);
    }
}
