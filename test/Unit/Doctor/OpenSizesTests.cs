using Alignment.Doctor;
using Alignment.Models;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Doctor;

/// <summary>What is found for a model of 3.8 billion parameters (Phi-3-mini's sizes) in bfloat16 with adapters.</summary>
public class OpenSizesTests
{
    private static readonly Workload s_work = new()
    {
        Config = new()
        {
            Shape = new ModelShape { Vocabulary = 32_064, Width = 3072, Layers = 32, Heads = 32, KeyValueHeads = 32, MlpWidth = 8192, MaxPositions = 4096 },
        },
        Narrow = true,
        Lora = new LoraSettings { Rank = 16, Alpha = 32, Targets = [LoraSettings.AllLinear] },
        SftLora = new LoraSettings { Rank = 16, Alpha = 32, Targets = [LoraSettings.AllLinear] },
        MicroBatch = int.MaxValue,
        GenerationBatch = OpenSizes.MostResponses,
        LongestSequence = 600,
        LongestPrompt = 344,
        NewTokens = 256,
        IsHost = false,
        Slack = 0.1,
    };

    [Test]
    public void What_is_found_fits_and_twice_as_much_does_not()
    {
        AvailableMemory card = new("test device", 80_000_000_000);
        Workload found = new OpenSizes(true, true).Chosen(s_work, null, card), tokens = found with { TokenBudget = 2 * found.TokenBudget }, responses = found with { GenerationBatch = 2 * found.GenerationBatch };
        Assert.That(MemoryCheck.Fits(found, card) && !MemoryCheck.Fits(tokens, card) && !MemoryCheck.Fits(responses, card), $"{found.TokenBudget} tokens, {found.GenerationBatch} responses");
        Assert.That(found.Recompute, Is.False, "there is room for 8,192 tokens' activations");
    }

    [Test]
    public void A_smaller_card_draws_fewer_responses_at_once_and_computes_activations_again()
    {
        Workload large = Found(80), small = Found(24), none = Found(4);
        Assert.That(small.GenerationBatch, Is.LessThan(large.GenerationBatch));
        Assert.That(small.Recompute && !large.Recompute, "of activations that are not kept more tokens fit: the budgets do not compare");
        Assert.That((none.TokenBudget, none.GenerationBatch), Is.EqualTo((1L, 1)), "the estimate refuses it with the least");
    }

    [Test]
    public void What_is_given_stays()
    {
        Workload given = s_work with { TokenBudget = 4096, GenerationBatch = 16 };
        Assert.That(new OpenSizes(true, false).Chosen(given, null, new("test device", 80_000_000_000)).GenerationBatch, Is.EqualTo(16));
        Assert.That(new OpenSizes(false, true).Chosen(given, null, new("test device", 80_000_000_000)).TokenBudget, Is.EqualTo(4096));
        Assert.That(new OpenSizes(false, false).Chosen(given, false, new("test device", 80_000_000_000)), Is.EqualTo(MemoryCheck.Chosen(given, false, new("test device", 80_000_000_000))));
    }

    // keys and values of one token: 2 · 4 B · layers · key-value heads · 32
    [TestCase(1, 1, 512), TestCase(8, 4, 512), TestCase(8, 5, 409), TestCase(16, 8, 128), TestCase(32, 32, 128)]
    public void On_the_CPU_more_responses_of_a_small_model_are_drawn_at_once_whatever_there_is(int layers, int heads, int responses)
    {
        Workload work = s_work with
        {
            Config = new() { Shape = s_work.Config.Shape with { Width = 1024, Layers = layers, Heads = 32, KeyValueHeads = heads } },
            Narrow = false,
            IsHost = true,
            LongestPrompt = 40,
            NewTokens = 24,
        };
        foreach (double bytes in new[] { 1e12, 1e6 })
            Assert.That(new OpenSizes(false, true).Chosen(work, null, new("test device", (long)bytes)).GenerationBatch, Is.EqualTo(responses));
        Assert.That(new OpenSizes(false, true).Chosen(work with { GenerationBatch = 9 }, null, new("test device", 1L << 40)).GenerationBatch, Is.EqualTo(9), "there are no more prompts");
        Assert.That(new OpenSizes(false, false).Chosen(work, null, new("test device", 1L << 40)).GenerationBatch, Is.EqualTo(work.GenerationBatch));
    }

    [Test]
    public void A_budget_counts_at_least_one_row_and_at_most_what_there_is()
    {
        Assert.That(Passed.Of(s_work with { TokenBudget = 10 }, 8, 2).Tokens, Is.EqualTo(1200), "a pair of the longest");
        Assert.That($"{Passed.Of(s_work with { TokenBudget = 2000 }, 8, 2)}", Is.EqualTo("2000 tokens"));
        Assert.That($"{Passed.Of(s_work, 8, 2)}", Is.EqualTo("16 × 600 tokens"));
    }

    private static Workload Found(double gigabytes) => new OpenSizes(true, true).Chosen(s_work, null, new("test device", (long)(gigabytes * 1e9)));
}
