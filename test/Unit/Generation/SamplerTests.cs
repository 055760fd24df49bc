using Alignment.Files;
using Alignment.Generation;
using Alignment.Models;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Generation;

[NonParallelizable]
public class SamplerTests
{
    private static readonly HashSet<int> s_end = [0, 1, 2];
    private static readonly SamplingSettings s_settings = new() { Temperature = 0.9, TopP = 0.95, MaxNewTokens = 24 };

    [Test]
    public void A_response_does_not_depend_on_who_shares_its_batch([Values(1, 3, 16, 40)] int batchSize)
    {
        using Decoder model = Micro.Model();
        SampledResponse[] alone = Sample(model, Prompts(), new() { BatchSize = 1 });
        SampledResponse[] together = Sample(model, Prompts(), new() { BatchSize = batchSize, ChunkSize = 40 });
        Assert.That(together.Select(Text), Is.EqualTo(alone.Select(Text)));
    }

    [Test]
    public void A_response_does_not_depend_on_its_shard()
    {
        using Decoder model = Micro.Model();
        SamplingPrompt[] prompts = Prompts();
        string[] whole = [.. Sample(model, prompts, new()).Select(Text)];
        string[] odd = [.. Sample(model, [.. prompts.Where(prompt => prompt.Index % 2 == 1)], new()).Select(Text)];
        Assert.That(odd, Is.EqualTo(whole.Where((_, index) => index % 2 == 1)));
    }

    [Test]
    public void A_near_tie_is_decided_by_the_row_alone([Values(0, 0.9)] double temperature)
    {
        using Decoder model = Micro.Model();
        using (no_grad())
        using (Tensor even = model.Head.narrow(0, 0, Micro.Vocabulary / 2), odd = model.Head.narrow(0, Micro.Vocabulary / 2, Micro.Vocabulary / 2))
        using (Tensor twins = even * (1 + 2e-7))
            odd.copy_(twins); // every token has a twin whose logit differs by rounding: greedy choices and cuts are near ties
        var settings = s_settings with { Temperature = temperature, TopP = 0.5 };
        string[] alone = [.. Sample(model, Prompts(), new() { BatchSize = 1 }, settings).Select(Text)];
        var sampler = new Sampler(model, settings, s_end, 5);
        SampledResponse[] together = [.. sampler.Sample(Prompts(), new() { BatchSize = 40 }).SelectMany(chunk => chunk)];
        Assert.That(together.Select(Text), Is.EqualTo(alone));
        Assert.That(sampler.Traffic.RowsAgain, Is.GreaterThan(together.Sum(response => response.Tokens.Length) / 5), "rows were looked at again");
    }

    [Test]
    public void Responses_come_chunk_by_chunk_in_prompt_order_and_can_go_on_after_a_break()
    {
        using Decoder model = Micro.Model();
        SamplingPrompt[] prompts = Prompts();
        var sampler = new Sampler(model, s_settings, s_end, 5);
        IReadOnlyList<SampledResponse>[] chunks = [.. sampler.Sample(prompts, new() { ChunkSize = 16 })];
        Assert.That(chunks.Select(chunk => chunk.Count), Is.EqualTo(new[] { 14, 14, 12 }), "as few as need be, of one size");
        Assert.That(chunks.SelectMany(chunk => chunk).Select(response => response.PromptIndex), Is.EqualTo(Enumerable.Range(0, 40)));

        IEnumerable<SampledResponse> rest = sampler.Sample(prompts[14..], new() { ChunkSize = 16 }).SelectMany(chunk => chunk);
        Assert.That(rest.Select(Text), Is.EqualTo(chunks[1..].SelectMany(chunk => chunk).Select(Text)));
    }

    [Test]
    public void A_response_ends_in_its_first_end_token_or_at_the_limit()
    {
        using Decoder model = Micro.Model();
        SampledResponse[] responses = Sample(model, Prompts(), new());
        Assert.That(responses.Select(response => response.Ended), Has.Some.True.And.Some.False);
        foreach (SampledResponse response in responses)
        {
            Assert.That(response.Tokens.SkipLast(1).Any(s_end.Contains), Is.False);
            Assert.That(s_end.Contains(response.Tokens[^1]), Is.EqualTo(response.Ended));
            Assert.That(response.Tokens, Has.Length.EqualTo(24).Or.Length.LessThan(24).And.Matches<int[]>(tokens => s_end.Contains(tokens[^1])));
        }
    }

    [Test]
    public void Another_seed_gives_other_responses()
    {
        using Decoder model = Micro.Model();
        string[] five = [.. new Sampler(model, s_settings, s_end, 5).Sample(Prompts(), new()).SelectMany(chunk => chunk).Select(Text)];
        string[] six = [.. new Sampler(model, s_settings, s_end, 6).Sample(Prompts(), new()).SelectMany(chunk => chunk).Select(Text)];
        Assert.That(six.Zip(five).Count(pair => pair.First == pair.Second), Is.LessThan(10));
    }

    [Test]
    public void Sampling_leaves_no_tensor_behind()
    {
        using Decoder model = Micro.Model();
        DisposeScopeManager.Statistics.Reset();
        Sample(model, Prompts(), new() { BatchSize = 16 });
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.Zero);
    }

    [Test]
    public void Prompts_that_cannot_be_answered_are_refused_by_index()
    {
        using Decoder model = Micro.Model();
        Assert.That(() => Sample(model, [new(7, [])], new()), Throws.ArgumentException.With.Message.EqualTo(
            "prompt 7 is empty: the first token needs something to follow"));
        Assert.That(() => Sample(model, [new(8, new int[110])], new()), Throws.ArgumentException.With.Message.EqualTo(
            "prompt 8 has 110 tokens; with 24 new ones that is more than the model's 128 positions: shorten the prompts or lower max new tokens"));
    }

    [Test]
    public void A_prompt_that_fills_the_positions_exactly_is_answered()
    {
        using Decoder model = Micro.Model();
        SampledResponse response = Sample(model, [new(0, [.. Enumerable.Repeat(5, 104)])], new()).Single();
        Assert.That(response.Ended || response.Tokens.Length == 24);
    }

    [Test]
    public void A_greedy_response_is_the_likeliest_token()
    {
        using Decoder model = Micro.Model();
        SamplingPrompt prompt = new(0, [3, 5, 7]);
        ResponseLogProbs[] all = ResponseScorer.Score(model, [.. Enumerable.Range(0, Micro.Vocabulary).Select(id => new ResponseToScore(prompt.Tokens, [id]))], new());
        int likeliest = Enumerable.Range(0, Micro.Vocabulary).MaxBy(id => all[id].Sum);
        Assert.That(likeliest, Is.Not.Zero, "what a row of zeros would give");
        Assert.That(Sample(model, [prompt], new(), s_settings with { Temperature = 0, MaxNewTokens = 1 }).Single().Tokens, Is.EqualTo(new[] { likeliest }));
    }

    [Test]
    public void Without_prompts_there_are_no_responses()
    {
        using Decoder model = Micro.Model();
        Assert.That(Sample(model, [], new()), Is.Empty);
        Assert.That(ResponseScorer.Score(model, [], new()), Is.Empty);
    }

    [Test]
    public void Sampling_and_scoring_stop_where_they_are_told_to()
    {
        using Decoder model = Micro.Model();
        var told = new CancellationToken(canceled: true);
        var sampler = new Sampler(model, s_settings, s_end, 5);
        Assert.That(() => sampler.Sample(Prompts(), new(), told).Count(), Throws.TypeOf<OperationCanceledException>());
        Assert.That(() => ResponseScorer.Score(model, [new([3], [4])], new(), told), Throws.TypeOf<OperationCanceledException>());
    }

    [Test]
    public void A_bfloat16_model_is_sampled_without_second_looks()
    {
        using Decoder model = Micro.Model();
        model.to(ScalarType.BFloat16);
        var sampler = new Sampler(model, s_settings, s_end, 5);
        SampledResponse[] responses = [.. sampler.Sample(Prompts(), new()).SelectMany(chunk => chunk)];
        Assert.That(responses.Select(response => response.Tokens.Length), Is.All.InRange(1, 24));
        Assert.That(sampler.Traffic.RowsAgain, Is.Zero);
    }

    [Test]
    public void What_a_response_says_is_what_stands_before_its_end() =>
        Assert.That((new SampledResponse(0, [4, 5, 2], true).Said.ToArray(), new SampledResponse(0, [4, 5, 3], false).Said.ToArray()),
            Is.EqualTo((new[] { 4, 5 }, new[] { 4, 5, 3 })));

    [Test]
    public void The_limits_of_settings_are_allowed()
    {
        SamplingSettings least = new() { Temperature = 0, TopK = 0, TopP = 0, MinTokensToKeep = 1, MaxNewTokens = 1 };
        Assert.That(least.Checked(), Is.SameAs(least));
        Assert.That((least with { TopP = 1 }).Checked, Throws.Nothing);
        Assert.That((least with { TopP = 1.01, MinTokensToKeep = 0 }).Checked, Throws.ArgumentException.With.Message.EqualTo(
            "top_p must be in [0, 1], was 1.01; min tokens to keep must be >= 1, was 0"));
        Assert.That((least with { Temperature = double.NaN }).Checked, Throws.ArgumentException.With.Message.EqualTo("temperature must be a finite number >= 0, was NaN"));
    }

    [Test]
    public void Impossible_settings_are_refused_in_one_message() =>
        Assert.That(new SamplingSettings { Temperature = -1, TopK = -2, TopP = -0.5, MaxNewTokens = 0 }.Checked, Throws.ArgumentException.With.Message.EqualTo(
            "temperature must be a finite number >= 0, was -1; top_k must be >= 0 (0 for all tokens), was -2; top_p must be in [0, 1], was -0.5; "
            + "max new tokens must be >= 1, was 0"));

    private static SampledResponse[] Sample(Decoder model, SamplingPrompt[] prompts, GenerationSpeed speed, SamplingSettings? settings = null) =>
        [.. new Sampler(model, settings ?? s_settings, s_end, 5).Sample(prompts, speed).SelectMany(chunk => chunk)];

    private static string Text(SampledResponse response) => string.Join(' ', response.Tokens);

    // lengths from 1 to 79
    private static SamplingPrompt[] Prompts()
    {
        var random = new SeededRandom(3, "test/prompts");
        return [.. Enumerable.Range(0, 40).Select(i => new SamplingPrompt(i, Tokens(1 + i * 37 % 40 * 2)))];

        int[] Tokens(int length) => [.. Enumerable.Range(0, length).Select(_ => random.NextInt(Micro.Vocabulary))];
    }
}
