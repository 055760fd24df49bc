using Alignment.Data;
using Alignment.Data.World;
using Alignment.Doctor;
using Alignment.Tests.Unit.Tokenization;
using Alignment.Tests.Unit.Training;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Doctor;

public class TemplateCheckTests
{
    private static readonly IReadOnlyList<PreferencePair> s_pairs = EmbeddedWorld.TrainingPairs(1, 20);

    [Test]
    public void The_worlds_conversations_come_back() => Assert.That(Lines(EmbeddedWorld.Tokenizer, s_pairs), Is.EqualTo(new[]
    {
        "ok    template phi-3: <|user|>, <|assistant|>, <|end|> are one token each",
        "ok    prompts: all 20 come back from their ids",
        "ok    responses: all 20 come back from their ids",
        "ok    boundaries: all 20 have the ids of the whole conversation on both sides",
    }));

    [Test]
    public void A_tokenizer_that_takes_white_space_beside_markers_is_fine() => Assert.That(
        Lines(Load(TokenizerJsonText.SentencePiece), [Pair("hello  hell", "hello\nhe")]), Is.EqualTo(new[]
        {
            "ok    template phi-3: <|user|>, <|assistant|>, <|end|> are one token each",
            "ok    prompts: all 1 come back from their ids but for white space beside markers",
            "ok    responses: all 1 come back from their ids",
            "ok    boundaries: all 1 have the ids of the whole conversation on both sides",
        }));

    [Test]
    public void Markers_the_tokenizer_splits_fail()
    {
        ModelTokenizer tokenizer = EmbeddedWorld.Tokenizer with { Template = ChatTemplate.ChatMl };
        Assert.That(Lines(tokenizer, s_pairs)[0], Is.EqualTo("FAIL  template chatml: the tokenizer splits <|im_start|> into 9 tokens, <|im_end|> into 8 tokens: "
            + "give the tokenizer.json that has the markers as added tokens, or the template this model was trained with"));
    }

    [Test]
    public void A_template_beside_the_one_whose_markers_are_there_is_a_warning() => Assert.That(
        Lines(EmbeddedWorld.Tokenizer with { Template = ChatTemplate.PlainHh }, s_pairs)[0], Is.EqualTo(
            "warn  template plain-hh is used, and the tokenizer has the markers of phi-3: use the one the model was trained with"));

    [Test]
    public void The_marker_of_a_system_turn_is_asked_for_where_the_data_has_one()
    {
        PreferencePair system = s_pairs[0] with { Prompt = [new(Role.System, "Be kind."), .. s_pairs[0].Prompt] };
        Assert.That(Lines(EmbeddedWorld.Tokenizer, [system])[0], Does.StartWith("FAIL  template phi-3: the tokenizer splits <|system|> into "));
    }

    [Test]
    public void Text_the_vocabulary_has_no_tokens_for_is_lost()
    {
        byte[] model = SmallModel.Write(SmallModel.Pieces, byteFallback: false);
        ModelTokenizer tokenizer = ModelTokenizer.For(new SentencePieceBpe(SentencePieceParts.Of(SentencePieceModel.Read(model, "tokenizer.model"))), null);
        Assert.That(Lines(tokenizer, [Pair("aab", "aab"), Pair("aab", "a日b", "pairs.jsonl(2)")])[2], Is.EqualTo(
            "FAIL  responses: 1 of 2 (50.0 %) do not; pairs.jsonl(2): \"a日b\" comes back as \"a ⁇ b\": "
            + "the model is trained on other text than the file holds; see that tokenizer and template are those of this model"));
    }

    [Test]
    public void A_text_in_a_hundred_that_is_lost_is_a_warning()
    {
        byte[] model = SmallModel.Write(SmallModel.Pieces, byteFallback: false);
        ModelTokenizer tokenizer = ModelTokenizer.For(new SentencePieceBpe(SentencePieceParts.Of(SentencePieceModel.Read(model, "tokenizer.model"))), null);
        PreferencePair[] pairs = [.. Enumerable.Repeat(Pair("aab", "aab"), 99), Pair("aab", "日")];
        Assert.That(Lines(tokenizer, pairs)[2], Does.StartWith("warn  responses: 1 of 100 (1.0 %) do not; "));
    }

    [Test]
    public void An_end_that_is_a_control_piece_is_not_looked_for_in_text()
    {
        byte[] model = SmallModel.Write([.. SmallModel.Pieces, .. SmallModel.Bytes], byteFallback: true);
        ModelTokenizer tokenizer = ModelTokenizer.For(
            new SentencePieceBpe(SentencePieceParts.Of(SentencePieceModel.Read(model, "tokenizer.model"))), ChatTemplate.Llama2);
        Assert.That(Lines(tokenizer, [Pair("aa b", "ab a")]), Has.All.StartsWith("ok "));
    }

    [Test]
    public void A_merge_across_the_end_of_the_prompt_is_shown_with_its_tokens()
    {
        // the opening of the assistant's turn ends in "he", and "he" + "ll" is a token
        ModelTokenizer tokenizer = ModelTokenizer.For(SmallVocabulary.Tokenizer(), ChatTemplate.Phi3 with { Assistant = "<|assistant|>he" });
        Assert.That(Lines(tokenizer, [Pair("x", "llo")])[3], Is.EqualTo("FAIL  boundaries: 1 of 1 (100.0 %) do not; pairs.jsonl(1): "
            + "token -1 after the prompt is \"he\" (256) apart and \"hello\" (259) in the whole: "
            + "the model is trained on other text than the file holds; see that tokenizer and template are those of this model"));
    }

    private static PreferencePair Pair(string prompt, string response, string source = "pairs.jsonl(1)") => new(source, [new(Role.User, prompt)], response, response);

    private static ModelTokenizer Load(byte[] json)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("tokenizer.json"), json);
        return TokenizerFolder.Load(folder.Path);
    }

    private static string[] Lines(ModelTokenizer tokenizer, IReadOnlyList<PreferencePair> pairs) =>
        [.. TemplateCheck.Of(tokenizer, pairs).Select(verdict => verdict.ToString())];
}
