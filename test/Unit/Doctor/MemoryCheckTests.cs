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
        "      reference pass 27.2 GiB: weights 25.1 GiB, activations of 8 × 512 tokens 944 MiB, log-probs 1.16 GiB",
        "      preference 140 GiB: weights 25.1 GiB, gradients 25.1 GiB, AdamW moments 50.2 GiB, activations of 8 × 512 tokens 38.6 GiB, log-probs 1.16 GiB",
        "      sampling 34.0 GiB: weights 25.1 GiB, key-value cache of 16 × 512 tokens 8.00 GiB, prompts 952 MiB, logits 5.86 MiB",
        "      scoring 27.2 GiB: weights 25.1 GiB, responses 944 MiB, log-probs 1.16 GiB",
        "ok    fits: preference takes 140 GiB of the 400 GiB test device has",
    }));

    [Test]
    public void Adapters_lower_preference_runs_but_not_SFT()
    {
        string[] lines = Lines(s_work with { Lora = new LoraSettings { Rank = 16, Alpha = 32, Targets = ["q_proj", "v_proj"] } }, 400);
        Assert.That(lines[2], Is.EqualTo(
            "      preference 57.6 GiB: weights 25.1 GiB, gradients 32.0 MiB, AdamW moments 64.0 MiB, activations of 8 × 512 tokens 31.2 GiB, log-probs 1.16 GiB"));
        Assert.That(lines[^1], Does.StartWith("ok    fits: SFT takes "));
    }

    [Test]
    public void What_is_almost_all_of_the_memory_is_tight() => Assert.That(Lines(s_work, 152)[^1], Is.EqualTo(
        "warn  tight: preference takes 140 GiB of the 152 GiB test device has: with activations computed again (-p:Recompute=true) it takes 105 GiB"));

    [Test]
    public void What_does_not_fit_fails_with_what_to_lower()
    {
        Assert.That(Lines(s_work, 139)[^1], Is.EqualTo(
            "FAIL  does not fit: preference takes 140 GiB of the 139 GiB test device has: with activations computed again (-p:Recompute=true) it takes 105 GiB"));
        Assert.That(Lines(s_work, 129)[^1], Does.EndWith("with activations computed again (-p:Recompute=true), a micro-batch of 2 (-p:MicroBatch), 8 sequences generated together (-p:GenerationBatch) it takes 103 GiB"));
        Assert.That(Lines(s_work with { Recompute = true, MicroBatch = 32 }, 150)[^1], Does.EndWith("with a micro-batch of 16 (-p:MicroBatch), 8 sequences generated together (-p:GenerationBatch) it takes 118 GiB"));
        Assert.That(Lines(s_work, 80)[^1], Is.EqualTo("FAIL  does not fit: preference takes 140 GiB of the 80.0 GiB test device has: "
            + "with adapters (policy.lora and sft.lora) it takes 34.0 GiB; with \"precision\": \"bfloat16\" in policy, adapters (policy.lora and sft.lora) it takes 17.0 GiB"));
        Assert.That(Lines(s_work, 12)[^1], Does.EndWith("with one pair at a time it still takes 102 GiB: use a device with more memory, shorter lengths or a smaller model"));
    }

    // bfloat16, all weights: 18 bytes a weight are shared out, and each device has room for one block, the activations and, to sample, the whole model
    [Test]
    public void The_fewest_devices_on_which_it_fits_are_named()
    {
        Workload work = s_work with { Narrow = true };
        AvailableMemory device = new("test device", 40L << 30) { HostBytes = 64L << 30 };
        string told = MemoryCheck.Refusal(work, device)!;
        Assert.That(told, Does.Match(@"; with (\d) devices \(-p:Ranks=\1\).* it takes [\d.]+ GiB on each$"));
        int ranks = told[told.IndexOf("-p:Ranks=", StringComparison.Ordinal) + 9] - '0';
        Assert.That(Fits(ranks), Is.True, "with them it fits");
        Assert.That(Fits(ranks - 1), Is.False, "with one less it does not");
        Assert.That(MemoryRelief.Of(work, new("this machine", 40L << 30)), Does.Not.Contain("Ranks"), "processes on one host share its memory");
        Assert.That(MemoryRelief.Of(work with { Ranks = ranks - 1 }, device with { HostBytes = device.HostBytes / (ranks - 1) }), Does.Contain($"-p:Ranks={ranks})"), "those there are already do not count as more");
        Assert.That(MemoryCheck.Refusal(work, new("test device", 8L << 30) { HostBytes = 64L << 30 }), Does.Not.Contain("Ranks"), "the model itself fits none");

        bool Fits(int ranks) => MemoryCheck.Fits(work with { Ranks = ranks, Recompute = true, MicroBatch = 1, GenerationBatch = 1 }, device);
    }

    [Test]
    public void What_keeps_its_state_on_the_host_is_held_against_the_hosts_memory_too()
    {
        Workload work = s_work with { Narrow = true, StateOnHost = true };
        AvailableMemory device = new("test device", 80L << 30);
        Assert.That(MemoryCheck.Refusal(work, device with { HostBytes = 128L << 30 }), Is.Null);
        Assert.That(MemoryCheck.Refusal(work, device with { HostBytes = 64L << 30 }),
            Does.StartWith("SFT keeps 100 GiB in the host's memory, which has 64.0 GiB: with adapters (policy.lora and sft.lora) it takes "));
    }

    // of the model's share, of what trains it and of one micro-batch; and of the whole model where it is not trained
    [Test]
    public void Ranks_share_training_and_each_has_the_whole_model_outside_of_it()
    {
        Workload work = s_work with { Narrow = true, Batches = (8, 8), TrainsSft = false };
        Assert.That(Lines(work with { Ranks = 4 }, 80)[..3], Is.EqualTo(new[]
        {
            "      reference pass 13.7 GiB: weights, whole on each rank 12.6 GiB, activations of 8 × 512 tokens 472 MiB, log-probs 660 MiB",
            "      preference 30.1 GiB: weights 3.14 GiB, AdamW moments 12.6 GiB, masters 6.28 GiB, summed gradients 6.28 GiB, activations of 4 × 512 tokens 1.07 GiB, a gathered part 772 MiB",
            "      loading and saving 13.0 GiB: weights, whole on each rank 12.6 GiB, a part's shares 483 MiB",
        }));
        AvailableMemory device = new("test device", 13L << 30);
        Workload adapters = work with { Ranks = 8, Lora = new LoraSettings { Rank = 16, Alpha = 32, Targets = [LoraSettings.AllLinear] } };
        Assert.That(MemoryEstimate.Of(adapters).Single(stage => stage.Stage == "preference").Bytes, Is.LessThan(device.Bytes));
        Assert.That(MemoryCheck.Refusal(adapters, device), Does.Match("^.* needs 1.\\.. GiB of memory, test device has 13\\.0 GiB \\(there each rank holds the whole model: more ranks do not help\\): "));
    }

    [TestCase(1), TestCase(64)]
    public void A_model_whose_weights_fit_no_device_whole_is_refused_with_that_reason_however_many_ranks_there_are(int ranks) => Assert.That(
        MemoryCheck.Refusal(s_work with { Ranks = ranks, Recompute = true }, new("test device", 12L << 30) { HostBytes = 512L << 30 }),
        Does.Match("^.* test device has 12\\.0 GiB \\(outside of training each device holds the model whole, 12\\.6 GiB in bfloat16, however many ranks there are\\): "
            + "with one pair at a time it still takes .* GiB: use a device with more memory, shorter lengths or a smaller model$"));

    [Test]
    public void What_is_left_open_is_chosen_so_that_it_fits()
    {
        var judge = new JudgeModel("judge", 1L << 30, TokenMemory.Of(s_work.Config)); // 4 GiB
        Assert.That(Chosen(400), Is.EqualTo((false, true)));
        Assert.That(Chosen(177), Is.EqualTo((false, false)), "only the judge has to go");
        Assert.That(Chosen(150), Is.EqualTo((true, true)));
        Assert.That(Chosen(132), Is.EqualTo((true, false)));
        Assert.That(Chosen(400, recompute: true), Is.EqualTo((true, true)), "what is given is taken");
        Assert.That(Chosen(150, recompute: false), Is.EqualTo((false, false)));

        (bool, bool) Chosen(long gibibytes, bool? recompute = null)
        {
            Workload chosen = MemoryCheck.Chosen(s_work with { Judges = [judge] }, recompute, new("test device", gibibytes << 30));
            return (chosen.Recompute, chosen.JudgesStay);
        }
    }

    [Test]
    public void Judges_are_stages_and_stay_beside_the_policy_where_they_may()
    {
        Workload work = s_work with { Judges = [new("one", 1L << 30, TokenMemory.Of(s_work.Config)), new("two", 1L << 28, TokenMemory.Of(s_work.Config))], JudgesStay = true };
        string[] lines = Lines(work, 400);
        Assert.That(lines[0], Does.StartWith("      SFT 126 GiB: weights 25.1 GiB, gradients 25.1 GiB, AdamW moments 50.2 GiB, judges 5.00 GiB, "));
        Assert.That(lines[^3], Is.EqualTo("      judging by one 5.46 GiB: weights 5.00 GiB, activations of 2048 tokens 472 MiB"));
        Assert.That(Lines(work with { JudgesStay = false }, 400)[^2], Is.EqualTo("      judging by two 1.46 GiB: weights 1.00 GiB, activations of 2048 tokens 472 MiB"));
    }

    [Test]
    public void What_the_allocator_keeps_is_a_part_and_can_be_lowered_first() => Assert.That(Lines(s_work with { Slack = AllocatorSlack.Glibc }, 180)[^1], Is.EqualTo(
        "warn  tight: preference takes 164 GiB of the 180 GiB test device has: with MALLOC_MMAP_THRESHOLD_=262144 in the environment it takes 140 GiB"));

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
