using Alignment.Doctor;
using Alignment.Models;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Doctor;

public class MemoryCheckTests
{
    private static readonly Workload s_work = new()
    {
        // a 7-billion-parameter model of Llama-2's sizes
        Config = new()
        {
            Family = DecoderFamily.Llama,
            Shape = new ModelShape { Vocabulary = 32_000, Width = 4096, Layers = 32, Heads = 32, KeyValueHeads = 32, MlpWidth = 11_008, MaxPositions = 4096 },
        },
        MicroBatch = 4,
        GenerationBatch = 16,
        LongestSequence = 512,
        LongestPrompt = 256,
        NewTokens = 256,
    };

    [Test]
    public void Every_stage_is_listed_with_its_parts() => Assert.That(Lines(s_work, 400), Is.EqualTo(new[]
    {
        "      SFT 121 GiB: weights 25.1 GiB, gradients 25.1 GiB, AdamW moments 50.2 GiB, activations of 4 × 512 tokens 19.3 GiB, log-probs 1.10 GiB",
        "      preference 140 GiB: weights 25.1 GiB, gradients 25.1 GiB, AdamW moments 50.2 GiB, activations of 8 × 512 tokens 38.6 GiB, log-probs 1.16 GiB",
        "      sampling 34.0 GiB: weights 25.1 GiB, key-value cache of 16 × 512 tokens 8.00 GiB, prompts 952 MiB, logits 5.86 MiB",
        "      scoring 53.3 GiB: weights of two models 50.2 GiB, responses 1.84 GiB, log-probs 1.29 GiB",
        "ok    fits: preference takes 140 GiB of the 400 GiB test device has",
    }));

    [Test]
    public void Adapters_lower_preference_runs_but_not_SFT()
    {
        string[] lines = Lines(s_work with { Lora = new LoraSettings { Rank = 16, Alpha = 32, Targets = ["q_proj", "v_proj"] } }, 400);
        Assert.That(lines[1], Is.EqualTo(
            "      preference 65.0 GiB: weights 25.1 GiB, gradients 32.0 MiB, AdamW moments 64.0 MiB, activations of 8 × 512 tokens 38.6 GiB, log-probs 1.16 GiB"));
        Assert.That(lines[^1], Does.StartWith("ok    fits: SFT takes "));
    }

    [Test]
    public void What_is_almost_all_of_the_memory_is_tight() => Assert.That(Lines(s_work, 152)[^1], Is.EqualTo(
        "warn  tight: preference takes 140 GiB of the 152 GiB test device has: "
        + "with a micro-batch of 2 and 8 sequences generated together it takes 121 GiB"));

    [Test]
    public void What_does_not_fit_fails_with_what_to_lower()
    {
        Assert.That(Lines(s_work, 139)[^1], Is.EqualTo("FAIL  does not fit: preference takes 140 GiB of the 139 GiB test device has: "
            + "with a micro-batch of 1 and 4 sequences generated together it takes 111 GiB"));
        Assert.That(Lines(s_work, 80)[^1], Is.EqualTo("FAIL  does not fit: preference takes 140 GiB of the 80.0 GiB test device has: "
            + "with one pair at a time it still takes 111 GiB: use a device with more memory, adapters (policy.lora and sft.lora), shorter lengths or a smaller model"));
    }

    [Test]
    public void What_the_allocator_keeps_is_a_part_and_can_be_lowered_first() => Assert.That(Lines(s_work with { Slack = AllocatorSlack.Glibc }, 180)[^1], Is.EqualTo(
        "warn  tight: preference takes 172 GiB of the 180 GiB test device has: with MALLOC_MMAP_THRESHOLD_=262144 in the environment it takes 140 GiB"));

    [Test]
    public void The_host_says_how_much_memory_it_has()
    {
        AvailableMemory host = AvailableMemory.Of("cpu");
        Assert.That(host.Device, Is.EqualTo("this machine"));
        Assert.That(host.Bytes, Is.InRange(100L << 20, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes));
    }

    private static string[] Lines(Workload work, long gibibytes) =>
        [.. MemoryCheck.Of(work, new AvailableMemory("test device", gibibytes << 30)).Select(verdict => verdict.ToString())];
}
