using Alignment.Data.World;
using Alignment.Doctor;
using Alignment.Models;
using Alignment.Tests.Unit.Tokenization;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Doctor;

public class SpecialTokensCheckTests
{
    private static readonly DecoderConfig s_config = DoctorFolder.Config;

    [Test]
    public void A_tokenizer_of_the_model_is_as_it_should_be() => Assert.That(Lines(s_config), Is.EqualTo(new[]
    {
        "ok    vocabulary: 768 tokens in the tokenizer, 768 in the model",
        "ok    template phi-3 ends responses with <|end|> (767), at which generation stops (<|end|> (767))",
        "ok    no token begins a prompt",
        "ok    batches are filled with <|pad|> (764) and masked",
    }));

    [Test]
    public void A_tokenizer_with_more_tokens_than_the_embedding_has_rows_fails() => Assert.That(Lines(Vocabulary(766))[0], Is.EqualTo(
        "FAIL  the tokenizer has 768 tokens and the model 766: ids from 766 on have no embedding: give the tokenizer this model was trained with"));

    [TestCase(853, "ok    vocabulary: 768 tokens in the tokenizer, 853 in the model")]
    [TestCase(1000, "warn  the tokenizer has 768 tokens and the model 1000: the last 232 stand for no text: "
        + "see that this is the tokenizer the model was trained with")]
    public void Rows_to_spare_are_fine_up_to_a_tenth(long rows, string line) => Assert.That(Lines(Vocabulary(rows))[0], Is.EqualTo(line));

    [Test]
    public void An_end_outside_the_vocabulary_fails() => Assert.That(Lines(s_config with { EndTokens = [767, 768], BeginToken = 900, PadToken = 901 })[1..4], Is.EqualTo(new[]
    {
        "FAIL  eos_token_id 768 is outside the model's vocabulary of 768: correct it in config.json and generation_config.json",
        "FAIL  bos_token_id 900 is outside the model's vocabulary of 768: correct it in config.json and generation_config.json",
        "FAIL  pad_token_id 901 is outside the model's vocabulary of 768: correct it in config.json and generation_config.json",
    }));

    [Test]
    public void A_template_whose_end_generation_does_not_stop_at_fails() => Assert.That(Lines(s_config with { EndTokens = [763] })[1], Is.EqualTo(
        "FAIL  template phi-3 ends responses with <|end|> (767), and generation stops at <|endoftext|> (763): "
        + "choose the template this model was trained with, or add 767 to eos_token_id in generation_config.json"));

    [Test]
    public void No_end_at_all_is_a_warning() => Assert.That(Lines(s_config with { EndTokens = [] })[1], Is.EqualTo(
        "warn  template phi-3 ends responses with <|end|> (767); config.json and generation_config.json name no end token: "
        + "set eos_token_id to 767, or programs that read them will not stop there"));

    [TestCase(1L, null, "ok    prompts begin with <s> (1)", "ok    batches are filled with </s> (2) and masked")]
    [TestCase(0L, 1L, "warn  template plain-hh begins prompts with <s> (1), the model's bos_token_id is 0: see that tokenizer and template are those the model was trained with",
        "      batches are filled with </s> (2) and masked; the model's pad_token_id is <s> (1)")]
    [TestCase(null, 2L, "      template plain-hh begins prompts with <s> (1); config.json names no bos_token_id", "ok    batches are filled with </s> (2) and masked")]
    public void Tokens_that_begin_and_fill_are_compared(long? begin, long? fill, string first, string second)
    {
        byte[] model = SmallModel.Write([.. SmallModel.Pieces, .. SmallModel.Bytes], byteFallback: true);
        ModelTokenizer tokenizer = ModelTokenizer.For(new SentencePieceBpe(SentencePieceParts.Of(SentencePieceModel.Read(model, "tokenizer.model"))), null);
        DecoderConfig config = Vocabulary(tokenizer.VocabularySize) with { BeginToken = begin, PadToken = fill, EndTokens = [2] };
        Assert.That(SpecialTokensCheck.Of(tokenizer, config).Select(verdict => verdict.ToString()).TakeLast(2), Is.EqualTo(new[] { first, second }));
    }

    [Test]
    public void A_begin_the_template_does_not_write_is_noted() => Assert.That(Lines(s_config with { BeginToken = 763 })[2], Is.EqualTo(
        "      template phi-3 begins prompts without <|endoftext|> (763), the model's bos_token_id"));

    private static DecoderConfig Vocabulary(long rows) => s_config with { Shape = s_config.Shape with { Vocabulary = rows }, EndTokens = [], PadToken = null };

    private static string[] Lines(DecoderConfig config) => [.. SpecialTokensCheck.Of(EmbeddedWorld.Tokenizer, config).Select(verdict => verdict.ToString())];
}
