using Alignment.Generation;
using Alignment.Tests.Unit.Distributed;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Generation;

/// <summary>What goes through the model, and how several ranks share it.</summary>
[NonParallelizable]
public class SharedWorkTests
{
    private static readonly SamplingSettings s_greedy = new() { Temperature = 0, MaxNewTokens = 1 };

    // prompts of 3, 9, 5, 9, 2 tokens, two a batch: a pass holds whole prompts, padding included, and one at least
    [TestCase(1, "1x9 1x9 1x5 1x5 1x2")]
    [TestCase(9, "1x9 1x9 1x5 1x5 1x2")]
    [TestCase(10, "1x9 1x9 2x5 1x2")]
    [TestCase(18, "2x9 2x5 1x2")]
    [TestCase(1 << 14, "2x9 2x5 1x2")]
    public void Prompts_of_like_length_go_through_together_the_longest_first_in_parts_of_so_many_tokens(int prefill, string passes)
    {
        using RecordingModel model = new(Micro.Model());
        SamplingPrompt[] prompts = [.. new[] { 3, 9, 5, 9, 2 }.Select(Prompt)];
        SampledResponse[] responses = Sample(model, prompts, s_greedy, new() { BatchSize = 2, PrefillTokens = prefill });
        Assert.That(string.Join(' ', model.Cached.Select(pass => $"{pass.Rows}x{pass.Length}")), Is.EqualTo(passes));
        Assert.That(responses.Select(Text), Is.EqualTo(prompts.Select(prompt => Text(Sample(model, [prompt], s_greedy, new())[0]))));
    }

    [Test]
    public void The_last_part_of_the_prompts_has_what_is_left_and_all_of_them_are_one_part_by_default()
    {
        using RecordingModel model = new(Micro.Model());
        SamplingPrompt[] prompts = [.. Enumerable.Repeat(4, 5).Select(Prompt)];
        Sample(model, prompts, s_greedy, new() { PrefillTokens = 8 });
        Sample(model, prompts, s_greedy, new());
        Assert.That(model.Cached, Is.EqualTo(new (long, long)[] { (2, 4), (2, 4), (1, 4), (5, 4) }));
        model.Cached.Clear();
        _ = new Sampler(model, s_greedy with { MaxNewTokens = 2 }, new HashSet<int>(), 5).Sample(prompts, new() { PrefillTokens = 2 }).Count();
        Assert.That(model.Cached[^1], Is.EqualTo((5, 1)), "further tokens go through together");
    }

    [TestCase(40, 40), TestCase(16, 14), TestCase(7, 7)]
    public void Finished_rows_leave_a_batch_when_they_are_an_eighth_of_it(int batchSize, int together)
    {
        using RecordingModel model = new(Micro.Model());
        SamplingSettings settings = new() { Temperature = 0.9, TopP = 0.95, MaxNewTokens = 24 };
        SamplingPrompt[] prompts = [.. Enumerable.Range(0, 40).Select(_ => 5).Select(Prompt)];
        SampledResponse[] responses = Sample(model, prompts, settings, new() { BatchSize = batchSize });
        long[] wanted = [.. responses.Chunk(together).SelectMany(batch => Rows(batch, settings.MaxNewTokens))];
        Assert.That(model.Cached.Select(pass => pass.Rows), Is.EqualTo(wanted));
        Assert.That(wanted, Is.Not.All.EqualTo(wanted[0]), "some left");

        static IEnumerable<long> Rows(SampledResponse[] rows, int longest)
        {
            for (int position = 1; position <= longest && rows.Length > 0; position++)
            {
                yield return rows.Length;
                SampledResponse[] live = [.. rows.Where(row => row.Tokens.Length > position || !row.Ended)];
                rows = live.Length == 0 || 8 * (rows.Length - live.Length) >= rows.Length ? live : rows;
            }
        }
    }

    // a chunk each, smaller ones where there is not a whole one for each
    [TestCase(2, 16, "16 16 8", "24 16")]
    [TestCase(2, 512, "20 20", "20 20")]
    [TestCase(3, 512, "14 14 12", "14 14 12")]
    [TestCase(3, 4, "4 4 4 4 4 4 4 4 4 4", "16 12 12")]
    public void Ranks_share_the_prompts_and_each_has_all_responses_in_order(int ranks, int chunk, string chunks, string prompts)
    {
        SamplingSettings settings = new() { Temperature = 0.9, TopP = 0.95, MaxNewTokens = 6 };
        SamplingPrompt[] all = [.. Enumerable.Range(0, 40).Select(i => 2 + i % 9).Select(Prompt)];
        using RecordingModel alone = new(Micro.Model());
        string[] wanted = [.. Sample(alone, all, settings, new()).Select(Text)];
        (string Chunks, string[] Texts, int Prompts)[] got = RanksInTurn.Run(ranks, rank =>
        {
            using RecordingModel model = new(Micro.Model());
            IReadOnlyList<SampledResponse>[] parts = [.. new Sampler(model, settings, new HashSet<int> { 0, 1, 2 }, 5).Sample(all, new() { ChunkSize = chunk, BatchSize = 1, Ranks = rank })];
            return (string.Join(' ', parts.Select(part => part.Count)), parts.SelectMany(part => part).Select(Text).ToArray(), model.Cached.Count(pass => pass.Length > 1));
        });
        foreach ((string sizes, string[] texts, _) in got)
            Assert.That((sizes, string.Join('|', texts)), Is.EqualTo((chunks, string.Join('|', wanted))));
        Assert.That(string.Join(' ', got.Select(rank => rank.Prompts)), Is.EqualTo(prompts));
    }

    [TestCase(2), TestCase(3)]
    public void Ranks_share_the_batches_that_are_scored(int ranks)
    {
        ResponseToScore[] responses = [.. Micro.Pairs(20).Select(pair => new ResponseToScore(pair.Prompt, pair.Chosen))];
        using RecordingModel alone = new(Micro.Model());
        ResponseLogProbs[] wanted = ResponseScorer.Score(alone, responses, new() { BatchSize = 3 });
        Assert.That(alone.Whole.Select(pass => pass.Rows), Is.EqualTo(new[] { 3, 3, 3, 3, 3, 3, 2 }));
        Assert.That(alone.Whole.Select(pass => pass.Length), Is.Ordered.Descending, "the longest first");
        (ResponseLogProbs[] Scores, int Passes)[] got = RanksInTurn.Run(ranks, rank =>
        {
            using RecordingModel model = new(Micro.Model());
            return (ResponseScorer.Score(model, responses, new() { BatchSize = 3, Ranks = rank }), model.Whole.Count);
        });
        foreach ((ResponseLogProbs[] scores, _) in got)
        {
            Assert.That(scores.Select(score => score.Sum), Is.EqualTo(wanted.Select(score => score.Sum)));
            Assert.That(scores.Select(score => score.PerToken), Is.EqualTo(wanted.Select(score => score.PerToken)));
        }
        Assert.That(got.Select(rank => rank.Passes), Is.EqualTo(Enumerable.Range(0, ranks).Select(rank => (7 - rank + ranks - 1) / ranks)));
    }

    private static SamplingPrompt Prompt(int length, int index) => new(index, [.. Enumerable.Range(0, length).Select(place => (7 + 11 * index + 5 * place) % Micro.Vocabulary)]);

    private static SampledResponse[] Sample(RecordingModel model, SamplingPrompt[] prompts, SamplingSettings settings, GenerationSpeed speed) =>
        [.. new Sampler(model, settings, new HashSet<int> { 0, 1, 2 }, 5).Sample(prompts, speed).SelectMany(chunk => chunk)];

    private static string Text(SampledResponse response) => string.Join(' ', response.Tokens);
}
