using System.Runtime.InteropServices;
using Alignment.Doctor;
using Alignment.Recipes;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>A sweep asks for its memory before it loads anything.</summary>
[NonParallelizable]
public class MemoryPlanTests
{
    // Phi-3-medium's sizes, of which nothing is on the disk
    private const string Medium = "\"width\": 5120, \"layers\": 40, \"heads\": 40, \"keyValueHeads\": 10, \"mlpWidth\": 17920, \"maxPositions\": 4096";

    [Test]
    public void Fourteen_billion_weights_on_one_device_of_80_GB_are_refused_with_the_way_that_fits()
    {
        using var folder = new SweepFolder();
        folder.Write("own.json", World(Medium));
        using var sweep = new Sweep(folder.Load(), folder.Options with { Memory = Memory(80e9) }, TimeProvider.System, folder.Log.Add);
        Assert.That(sweep.Check, Throws.TypeOf<RecipeException>().With.Message.Matches(
            "^own\\.json\\(3\\): \\$\\.policy: .* needs .* GiB of memory, test device has 74\\.5 GiB: .*"
            + "with \"precision\": \"bfloat16\" in policy, the optimiser's state on the host \\(-p:OptimiserOnHost=true\\) it takes [23].\\.. GiB; "
            + "with \"precision\": \"bfloat16\" in policy, adapters \\(policy\\.lora and sft\\.lora\\) it takes [23].\\.. GiB; "
            + "with \"precision\": \"bfloat16\" in policy, (\\d) devices \\(-p:Ranks=\\1\\) it takes [45].\\.. GiB on each$"));
        Assert.That(folder.Log, Has.None.Contains("numbers of"));
    }

    [Test]
    public void Weights_that_will_not_fit_are_not_even_read_for_their_numbers()
    {
        using var folder = new SweepFolder();
        using var sweep = new Sweep(folder.Load(), folder.Options with { Memory = Memory(1000) }, TimeProvider.System, folder.Log.Add);
        Assert.That(sweep.Check, Throws.TypeOf<RecipeException>().With.Message.Contains("needs").And.Message.Contains("with one pair at a time it still takes"));
        Assert.That(folder.Log, Has.None.Contains("numbers of"));
        using var larger = new Sweep(folder.Load(), folder.Options with { Memory = Memory(80e9) }, TimeProvider.System, folder.Log.Add);
        larger.Check();
        Assert.That(folder.Log, Has.Some.Contains("numbers of").And.Some.StartsWith("memory: fits: "));
    }

    [TestCase(true, "computed again in the backward pass"), TestCase(false, "kept for the backward pass")]
    public void What_was_chosen_is_logged_and_stored(bool recompute, string stored)
    {
        using var folder = new SweepFolder();
        using var sweep = new Sweep(folder.Load(), folder.Options with { Memory = Memory(80e9), Recompute = recompute }, TimeProvider.System, folder.Log.Add);
        StoredRun run = sweep.SftWinner(CancellationToken.None);
        Assert.That(run.Facts.Environment["activations"], Is.EqualTo(stored));
        Assert.That(folder.Log.Any(line => line == "memory: activations are computed again in the backward pass (-p:Recompute=false keeps them)"), Is.EqualTo(recompute));
    }

    [Test]
    public void A_judge_that_does_not_fit_beside_the_policy_goes_before_training_and_scores_the_same()
    {
        using SweepFolder roomy = new(), narrow = new();
        string scores = Scores(roomy, Memory(80e9));
        MemoryPlan plan = MemoryPlan.Of(narrow.Load(), narrow.Options with { Memory = Memory(80e9) },
            Preflight.Read(narrow.Load(), narrow.Options, narrow.Options.Hashes(TimeProvider.System, _ => { }), _ => { }));
        Assert.That(plan.JudgesStay, Is.True);
        Assert.That(Scores(narrow, Memory(Least(narrow))), Is.EqualTo(scores));
        Assert.That(narrow.Log, Has.Some.EqualTo("memory: judges are opened anew for each run, since they do not fit beside the policy"));
        Assert.That(narrow.Log.Count(line => line.Contains("gold model: template", StringComparison.Ordinal)), Is.GreaterThan(roomy.Log.Count(line => line.Contains("gold model: template", StringComparison.Ordinal))));

        static string Scores(SweepFolder folder, Func<string, AvailableMemory> memory)
        {
            using var sweep = new Sweep(folder.Load(), folder.Options with { Memory = memory }, TimeProvider.System, folder.Log.Add);
            return File.ReadAllText(Path.Combine(sweep.SftWinner(CancellationToken.None).Folder, "samples.jsonl"));
        }
    }

    [Test]
    public void Out_of_memory_says_which_stage_how_much_and_what_to_lower()
    {
        using var folder = new SweepFolder();
        SweepOptions options = folder.Options with { Memory = Memory(80e9) };
        Recipe recipe = folder.Load();
        MemoryPlan plan = MemoryPlan.Of(recipe, options, Preflight.Read(recipe, options, options.Hashes(TimeProvider.System, _ => { }), _ => { }));
        foreach (Exception e in new Exception[]
            {
                new NativeException("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has …\nException raised from …"),
                new InvalidOperationException("libtorch refused aten::rms_norm: DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes"),
            })
            Assert.That(() => StageOutOfMemoryException.In<int>("preference", plan, () => throw e), Throws.TypeOf<StageOutOfMemoryException>().With.Message.Matches(
                "^preference ran out of memory: it was estimated to take .* of the 74\\.5 GiB test device has; with .*\\. libtorch says: [^\n]*$"));
        Assert.That(() => StageOutOfMemoryException.In<int>("preference", plan, () => throw new InvalidOperationException("shapes differ")), Throws.InvalidOperationException);
    }

    [TestCase("[SFT-lr1e-3-e1] train: all", "SFT"), TestCase("[DPO-b0.1-lr1e-3-e1] train: all", "preference"), TestCase("[SFT-lr1e-3-e1] generate: ", "sampling")]
    [TestCase("gold model: template", "judging by gold"), TestCase("[DPO-b0.1-lr1e-3-e1] waiting for the reference pass", "reference pass")]
    public void The_stage_that_finds_no_memory_is_named(string line, string stage)
    {
        using var folder = new SweepFolder();
        using RunLock held = RunLock.TryTake(Path.Combine(folder.Sweeps, "own", "locks", "reference.lock"), TimeProvider.System)!;
        using var sweep = new Sweep(folder.Load(), folder.Options, TimeProvider.System, told =>
        {
            if (told.StartsWith(line, StringComparison.Ordinal))
                throw new InvalidOperationException("CUDA out of memory");
            if (told.Contains("waiting for the reference pass", StringComparison.Ordinal))
                held.Dispose();
        });
        Assert.That(() => sweep.Run(Grid.PreferencePoints(folder.Load())[0], CancellationToken.None), Throws.TypeOf<StageOutOfMemoryException>().With.Message.StartsWith($"{stage} ran out of memory: it was estimated to take "));
    }

    [Test]
    public void A_round_on_policy_that_finds_no_memory_says_that_it_sampled()
    {
        using SweepFolder folder = ResampleSweepTests.Folder();
        using Sweep sweep = folder.OpenStarved("[resample] response 1 of 3");
        Assert.That(() => sweep.Run(Grid.PreferencePoints(folder.Load())[^1], CancellationToken.None), Throws.TypeOf<StageOutOfMemoryException>().With.Message.StartsWith("sampling ran out of memory: "));
    }

    [TestCase(2, 2), TestCase(0, 0)]
    public void A_sweep_takes_the_threads_it_is_given_or_all_processors(int given, int taken)
    {
        int before = TorchSharp.torch.get_num_threads();
        try
        {
            using var folder = new SweepFolder();
            using var sweep = new Sweep(folder.Load(), folder.Options with { Threads = given }, TimeProvider.System, _ => { });
            Assert.That(TorchSharp.torch.get_num_threads(), Is.EqualTo(taken == 0 ? Environment.ProcessorCount : taken));
        }
        finally
        {
            TorchSharp.torch.set_num_threads(before);
        }
    }

    [Test]
    public void What_other_processes_hold_of_a_device_changes_no_choice_and_is_told_where_it_is_in_the_way()
    {
        using var folder = new SweepFolder();
        Recipe recipe = folder.Load();
        SweepData data = Preflight.Read(recipe, folder.Options, folder.Options.Hashes(TimeProvider.System, _ => { }), _ => { });
        MemoryPlan Plan(long used) => MemoryPlan.Of(recipe, folder.Options with { Memory = _ => new("cuda:0", 80_000_000_000) { HostBytes = 1L << 40, Used = used } }, data);
        const long Much = 79_999_999_000;
        Assert.That(MemoryPlan.Of(recipe, folder.Options with { Memory = device => new(device, AvailableMemory.Unasked) }, data).Lines(), Is.Empty, "where nothing is computed");
        Assert.That(Plan(40_000_000_000).Lines(), Is.EqualTo(Plan(0).Lines()), "there is room beside it");
        Assert.That(Plan(Much).Lines().Skip(1).Except(Plan(0).Lines()).Single(), Is.EqualTo("memory: 74.5 GiB of cuda:0 are in use already, and what is needed does not fit beside them: "
            + "end what holds them, or lower -p:TokenBudget and -p:GenerationBatch"));
        Assert.That(Chosen(Much), Is.EqualTo(Chosen(0)));
        Assert.That(Plan(Much).Told("preference"), Does.Contain(" of the 74.5 GiB cuda:0 has, of which 74.5 GiB were in use before the sweep began; "));
        Assert.That(Plan(0).Told("preference"), Does.Contain(" of the 74.5 GiB cuda:0 has; "));

        (bool?, int?, long?, int?) Chosen(long used)
        {
            SweepOptions settled = Plan(used).Settled(folder.Options);
            return (settled.Recompute, settled.MicroBatch, settled.TokenBudget, settled.GenerationBatch);
        }
    }

    [Test]
    public void What_libtorchs_allocator_says_is_recognised() => Assert.That(() => TorchSharp.torch.empty(1L << 50),
        Throws.Exception.Matches<Exception>(StageOutOfMemoryException.Is));

    // on the CPU they follow from the model, whatever its memory
    [Test]
    public void Sizes_are_found_where_they_are_not_given()
    {
        using var folder = new SweepFolder();
        Recipe recipe = folder.Load();
        SweepOptions cpu = folder.Options with { Memory = Memory(80e9), MicroBatch = null, GenerationBatch = null }, gpu = cpu with { Device = "cuda:0" };
        SweepData data = Preflight.Read(recipe, cpu, cpu.Hashes(TimeProvider.System, _ => { }), _ => { });
        Assert.Multiple(() =>
        {
            Assert.That(Sizes(MemoryPlan.Of(recipe, cpu, data with { TestPrompts = [.. Enumerable.Repeat(data.TestPrompts[0], 600)] }).Settled(cpu)), Is.EqualTo((32, (long?)null, 512)));
            Assert.That(Sizes(cpu with { TokenBudget = 500 }), Is.EqualTo((int.MaxValue, (long?)500, 128)));
            Assert.That(cpu.Open, Is.EqualTo(new OpenSizes(Tokens: false, Responses: true)));
            Assert.That((cpu with { GenerationBatch = 7 }).Open, Is.EqualTo(OpenSizes.None));
            Assert.That(gpu.Open, Is.EqualTo(new OpenSizes(Tokens: true, Responses: true)));
            Assert.That((gpu with { MicroBatch = 4, GenerationBatch = 7 }).Open, Is.EqualTo(new OpenSizes(Tokens: false, Responses: false)));
            Assert.That((gpu with { TokenBudget = 4000 }).Open, Is.EqualTo(new OpenSizes(Tokens: false, Responses: true)));
        });

        static (int, long?, int) Sizes(SweepOptions options) => (options.RowsAtOnce, options.TokenBudget, options.ResponsesAtOnce);
    }

    [Test]
    public void A_stage_is_told_with_what_it_was_estimated_to_take()
    {
        using var folder = new SweepFolder();
        Recipe recipe = folder.Load();
        SweepOptions options = folder.Options with { Memory = Memory(80e9) };
        MemoryPlan plan = MemoryPlan.Of(recipe, options, Preflight.Read(recipe, options, options.Hashes(TimeProvider.System, _ => { }), _ => { }));
        Assert.That(plan.Lines().Single(), Does.StartWith("memory: fits: ").And.EndsWith(" test device has"));
        Assert.That(Relief("sampling"), Is.Not.EqualTo(Relief("preference")), "what makes a stage smaller than it is");
        Assert.That(plan.Told("lunch"), Is.EqualTo("no estimate was made of it, and test device has 74.5 GiB"));
        Assert.That(plan.Told("judging by gold"), Does.Match(@"^it was estimated to take [\d.]+ [KM]iB of the 74\.5 GiB test device has; "));
        Assert.That(recipe.Judges.Select(MemoryPlan.StageOf), Is.EqualTo(new[] { "judging by gold" }));
        folder.With("own.json", "\"folder\": \"gold\", \"maxLength\": 64", "\"decoder\": { \"folder\": \"model\", \"maxLength\": 64 }");
        Assert.That(folder.Load().Judges.Select(MemoryPlan.StageOf), Is.EqualTo(new[] { "training of judge gold" }));

        string Relief(string stage) => plan.Told(stage).Split("; ", 2)[1];
    }

    // the folder's recipe in the embedded world, with a new policy of a shape
    internal static string World(string shape) => SweepFolder.Recipe.Replace(
        SweepFolder.Recipe[SweepFolder.Recipe.IndexOf("\"policy\"", StringComparison.Ordinal)..SweepFolder.Recipe.IndexOf("\"lengths\"", StringComparison.Ordinal)],
        $"\"policy\": {{ {shape} }},\n  \"data\": {{ \"world\": {{ \"trainingPairs\": 48 }} }},\n  \"gold\": {{ \"world\": {{}} }},\n  ", StringComparison.Ordinal);

    private sealed class NativeException(string message) : ExternalException(message);

    // about the most that is too little to keep the judge beside the policy
    private static double Least(SweepFolder folder)
    {
        Recipe recipe = folder.Load();
        SweepData data = Preflight.Read(recipe, folder.Options, folder.Options.Hashes(TimeProvider.System, _ => { }), _ => { });
        for (double bytes = 80e9; ; bytes *= 0.999)
            if (!MemoryPlan.Of(recipe, folder.Options with { Memory = Memory(bytes) }, data).JudgesStay)
                return bytes;
    }

    internal static Func<string, AvailableMemory> Memory(double bytes) => _ => new("test device", (long)bytes) { HostBytes = 1L << 40 };
}
