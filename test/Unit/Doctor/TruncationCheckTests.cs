using Alignment.Data;
using Alignment.Data.World;
using Alignment.Doctor;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Doctor;

public class TruncationCheckTests
{
    private static readonly IReadOnlyList<PreferencePair> s_pairs = [.. Enumerable.Range(1, 20).Select(i =>
        new PreferencePair($"pairs.jsonl({i})", [new(Role.User, new string('x', i))], new string('y', i), "no"))];

    [Test]
    public void Lengths_that_cut_nothing_are_fine() => Assert.That(Lines(new() { MaxPrompt = 100, MaxTotal = 200 }), Is.EqualTo(new[]
    {
        "ok    prompts: 0 of 20 (0.0 %) are over maxPrompt 100; median 17, 95 % within 26, longest 26 tokens",
        "ok    chosen responses: 0 of 20 (0.0 %) are cut at maxTotal 200; median 12, 95 % within 21, longest 21 tokens",
        "ok    rejected responses: 0 of 20 (0.0 %) are cut at maxTotal 200; median 2, 95 % within 2, longest 2 tokens",
    }));

    [Test]
    public void A_tenth_is_tolerated_more_is_a_warning_and_more_than_half_a_failure()
    {
        Assert.That(Lines(new() { MaxPrompt = 24, MaxTotal = 100 })[0], Does.StartWith("ok    prompts: 2 of 20 (10.0 %) are over maxPrompt 24; "));
        Assert.That(Lines(new() { MaxPrompt = 23, MaxTotal = 100 })[0], Is.EqualTo("warn  prompts: 3 of 20 (15.0 %) are over maxPrompt 23; "
            + "median 17, 95 % within 26, longest 26 tokens: they lose their beginning: raise maxPrompt, or leave long prompts out"));
        Assert.That(Lines(new() { MaxPrompt = 15, MaxTotal = 100 })[0], Does.StartWith("FAIL  prompts: 11 of 20 (55.0 %) are over maxPrompt 15; "));
    }

    [Test]
    public void Lengths_that_cut_everything_fail() => Assert.That(Lines(new() { MaxPrompt = 5, MaxTotal = 6 }), Is.EqualTo(new[]
    {
        "FAIL  prompts: 20 of 20 (100.0 %) are over maxPrompt 5; median 17, 95 % within 26, longest 26 tokens: "
            + "they lose their beginning: raise maxPrompt, or leave long prompts out",
        "FAIL  chosen responses: 20 of 20 (100.0 %) are cut at maxTotal 6; median 12, 95 % within 21, longest 21 tokens: "
            + "they lose their end, and the end token with it: raise maxTotal, or leave them out",
        "FAIL  rejected responses: 20 of 20 (100.0 %) are cut at maxTotal 6; median 2, 95 % within 2, longest 2 tokens: "
            + "they lose their end, and the end token with it: raise maxTotal, or leave them out",
    }));

    [Test]
    public void A_recipe_that_refuses_long_prompts_fails_on_the_first() => Assert.That(
        Lines(new() { MaxPrompt = 25, MaxTotal = 100, OnLongPrompt = LongRow.Refuse })[0], Is.EqualTo(
            "FAIL  prompts: 1 of 20 (5.0 %) are over maxPrompt 25; median 17, 95 % within 26, longest 26 tokens: "
            + "the recipe refuses long prompts: raise maxPrompt, leave them out, or set longPrompts to cut"));

    [TestCase(100, 200, 156, "ok    maxTotal 200 and maxPrompt 100 + maxNewTokens 156 are within the model's 256 positions")]
    [TestCase(100, 257, 16, "FAIL  maxTotal 257 and maxPrompt 100 + maxNewTokens 16 reach 257, beyond the model's 256 positions: lower maxTotal by 1")]
    [TestCase(200, 257, 80, "FAIL  maxTotal 257 and maxPrompt 200 + maxNewTokens 80 reach 280, beyond the model's 256 positions: lower maxTotal by 1, and maxPrompt or maxNewTokens by 24")]
    [TestCase(200, 240, 80, "FAIL  maxTotal 240 and maxPrompt 200 + maxNewTokens 80 reach 280, beyond the model's 256 positions: lower maxPrompt or maxNewTokens by 24")]
    public void Lengths_are_held_against_the_positions(int prompt, int total, int newTokens, string line) => Assert.That(
        TruncationCheck.Positions(new() { MaxPrompt = prompt, MaxTotal = total }, newTokens, DoctorFolder.Config.Shape).ToString(), Is.EqualTo(line));

    // of chosen responses of 2 … 21 tokens
    [TestCase(21, "ok    sampled responses: 0 of 20 (0.0 %) chosen responses are longer than maxNewTokens 21")]
    [TestCase(19, "ok    sampled responses: 2 of 20 (10.0 %) chosen responses are longer than maxNewTokens 19")]
    [TestCase(18, "warn  sampled responses: 3 of 20 (15.0 %) chosen responses are longer than maxNewTokens 18: "
        + "a policy that answers as long is cut before it ends, and scored as cut: raise maxNewTokens")]
    [TestCase(1, "warn  sampled responses: 20 of 20 (100.0 %) chosen responses are longer than maxNewTokens 1: "
        + "a policy that answers as long is cut before it ends, and scored as cut: raise maxNewTokens")]
    public void New_tokens_are_held_against_the_chosen_responses(int newTokens, string line) => Assert.That(
        TruncationCheck.NewTokens(TokenLengths.Of(EmbeddedWorld.Tokenizer, s_pairs).Chosen, newTokens).ToString(), Is.EqualTo(line));

    [TestCase(9, "ok    gold inputs: 1 of 10 (10.0 %) are over the gold model's maxLength 9; median 6, 95 % within 10, longest 10 tokens")]
    [TestCase(8, "warn  gold inputs: 2 of 10 (20.0 %) are over the gold model's maxLength 8; median 6, 95 % within 10, longest 10 tokens: "
        + "it scores them without their beginning: raise its maxLength")]
    public void Inputs_of_the_gold_model_are_held_against_its_length(int maxLength, string line) => Assert.That(
        TruncationCheck.GoldInputs(LengthQuantiles.Of(Enumerable.Range(1, 10)), maxLength).ToString(), Is.EqualTo(line));

    private static string[] Lines(LengthLimits limits)
    {
        // every x and y is a token in the world's vocabulary
        var cutter = new PairTokenizer(EmbeddedWorld.Tokenizer, limits with { OnLongPrompt = LongRow.Cut });
        cutter.TokenizeAll(s_pairs);
        return [.. TruncationCheck.Of(cutter.Report, TokenLengths.Of(EmbeddedWorld.Tokenizer, s_pairs), limits).Select(verdict => verdict.ToString())];
    }
}
