using Alignment.Doctor;
using Alignment.Recipes;
using Alignment.Sweeps;
using NUnit.Framework;
using static Alignment.Tests.Unit.Sweeps.MemoryPlanTests;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>What of a recipe, its data and the options a sweep's memory is planned for.</summary>
[NonParallelizable]
public class PlannedWorkTests
{
    [Test]
    public void The_longest_pair_and_the_longest_prompt_are_what_is_planned_for()
    {
        using var folder = new SweepFolder();
        Recipe recipe = folder.Load();
        SweepData data = Preflight.Read(recipe, folder.Options, folder.Options.Hashes(TimeProvider.System, _ => { }), _ => { });
        string Training(SweepData of) => MemoryPlan.Of(recipe, folder.Options with { Memory = Memory(80e9) }, of).Told("preference");
        string Sampling(SweepData of) => MemoryPlan.Of(recipe, folder.Options with { Memory = Memory(80e9) }, of).Told("sampling");
        Alignment.Data.TokenizedPair longest = data.Training.MaxBy(pair => pair.Prompt.Length + Math.Max(pair.Chosen.Length, pair.Rejected.Length))!;
        SweepData shorter = data with { Training = [.. data.Training.Where(pair => pair != longest)] }, further = data with { TestPrompts = [.. data.TestPrompts.SkipLast(1), new int[200]] };
        SweepData longer = data with { Training = [.. data.Training, longest with { Rejected = new int[120] }] }, longerChosen = data with { Training = [.. data.Training, longest with { Chosen = new int[120] }] };
        Assert.That(Training(longer), Is.Not.EqualTo(Training(data)).And.EqualTo(Training(longerChosen)));
        Assert.That(Training(data with { Training = [.. data.Training, data.Training[0]] }), Is.EqualTo(Training(data)));
        Assert.That(Training(shorter), Is.Not.EqualTo(Training(longer)));
        Assert.That(Sampling(further), Is.Not.EqualTo(Sampling(data)));
        Assert.That(Sampling(data with { TrainingPrompts = [new int[3], new int[200], new int[5]] }), Is.Not.EqualTo(Sampling(data)));
    }

    [Test]
    public void What_a_GPU_has_room_for_goes_through_the_model_at_once_and_is_told()
    {
        using SweepFolder folder = new();
        Recipe recipe = folder.Load();
        SweepData data = SweepData.Read(recipe, folder.Options, _ => { });
        data = data with { TestPrompts = [.. Enumerable.Repeat(data.TestPrompts[0], 3000)] };
        SweepOptions open = folder.Options with { Device = "cuda:0", MicroBatch = null, GenerationBatch = null };
        Assert.That(Found(open), Is.EqualTo(((long?)OpenSizes.MostTokens, (int?)OpenSizes.MostResponses,
            "memory: 65536 tokens go through the model at once (-p:TokenBudget names others), memory: 1024 responses are drawn at once (-p:GenerationBatch names others)")));
        Assert.That(Found(open with { TokenBudget = 500 }), Is.EqualTo(((long?)500, (int?)OpenSizes.MostResponses, "memory: 1024 responses are drawn at once (-p:GenerationBatch names others)")));
        Assert.That(Found(open with { TokenBudget = 500, GenerationBatch = 7 }), Is.EqualTo(((long?)500, (int?)7, "")));

        (long?, int?, string) Found(SweepOptions options)
        {
            MemoryPlan plan = MemoryPlan.Of(recipe, options with { Memory = Memory(80e9) }, data);
            SweepOptions settled = plan.Settled(options);
            return (settled.TokenBudget, settled.GenerationBatch, string.Join(", ", plan.Lines().Skip(1)));
        }
    }

    [Test]
    public void What_others_hold_is_in_the_way_where_the_largest_stage_does_not_fit_beside_it()
    {
        using SweepFolder folder = new();
        Recipe recipe = folder.Load();
        SweepData data = SweepData.Read(recipe, folder.Options, _ => { });
        MemoryPlan Plan(double bytes, long used = 0) => MemoryPlan.Of(recipe, folder.Options with { Recompute = false, Memory = _ => new("test device", (long)bytes) { HostBytes = 1L << 40, Used = used } }, data);
        double refused = 80e6;
        while (!IsRefused(refused))
            refused *= 0.97;
        Assert.That(Plan(80e9, 80_000_000_000 - (long)refused).Lines(), Has.Exactly(1).Contains(" are in use already"));
        Assert.That(Plan(80e9, 80_000_000_000 - 2 * (long)refused).Lines(), Has.None.Contains(" are in use already"));

        bool IsRefused(double bytes)
        {
            try
            {
                Plan(bytes);
                return false;
            }
            catch (RecipeException)
            {
                return true;
            }
        }
    }

    // each change against the recipe as it is: 1 takes more, -1 less, 0 the same
    [TestCase("\"folder\": \"model\"|\"folder\": \"model\", \"precision\": \"bfloat16\"", "scoring", 1)]
    [TestCase("\"folder\": \"model\"|\"folder\": \"model\", \"lora\": { \"rank\": 1, \"alpha\": 4, \"targets\": [\"o_proj\"] }", "preference", -1)]
    [TestCase("\"beta\": [0.1] }|\"beta\": [0.1] }, \"TR-DPO\": { \"beta\": [0.1] }", "preference", 1), TestCase("\"maxNewTokens\": 6|\"maxNewTokens\": 120", "sampling", 1)]
    [TestCase("\"warmupRatio\": 0.1|\"warmupRatio\": 0.1, \"averages\": [2]", "preference", 1), TestCase("\"temperature\": 1.0|\"temperature\": 0.5", "preference", 0)]
    [TestCase("\"maxNewTokens\": 6|\"maxNewTokens\": 120", "preference", 0, TestName = "what is sampled is trained on in a round on-policy alone")]
    public void What_a_recipe_asks_for_is_what_is_planned_for(string edit, string stage, int sign)
    {
        using SweepFolder folder = new();
        long before = Bytes(folder, stage);
        folder.With("own.json", edit.Split('|')[0], edit.Split('|')[1]);
        Assert.That(Math.Sign(Bytes(folder, stage) - before), Is.EqualTo(sign));
    }

    [Test]
    public void What_is_drawn_and_trained_at_once_is_what_is_planned_for_and_no_more_than_there_is()
    {
        using SweepFolder folder = new();
        SweepOptions options = folder.Options;
        Assert.That(Bytes(folder, "sampling", options with { GenerationBatch = 100 }), Is.EqualTo(Bytes(folder, "sampling", options with { GenerationBatch = 4 })), "of four prompts");
        Assert.That(Bytes(folder, "sampling", options with { GenerationBatch = 2 }), Is.LessThan(Bytes(folder, "sampling", options with { GenerationBatch = 4 })));
        Assert.That(Bytes(folder, "preference", options with { TokenBudget = 130 }), Is.LessThan(Bytes(folder, "preference", options)));
        Assert.That(Bytes(folder, "preference", options with { MicroBatch = 1 }), Is.LessThan(Bytes(folder, "preference", options)));
        folder.With("own.json", "\"sft\": { \"epochs\": [1], \"learningRate\": [1e-3], \"batchSize\": 8 },", "");
        Assert.That(Plan(folder, options).Told("SFT"), Does.StartWith("no estimate was made of it"));
    }

    [TestCase(true, TestName = "what is tight says what would lower it, and where a judge goes"), TestCase(false, TestName = "what is tight says nothing of a judge that is no model")]
    public void What_is_tight_says_what_would_lower_it(bool judged)
    {
        using SweepFolder folder = new();
        if (!judged)
            folder.Write("own.json", World("\"width\": 64, \"layers\": 1, \"heads\": 2, \"keyValueHeads\": 2, \"mlpWidth\": 64, \"maxPositions\": 128"));
        Recipe recipe = folder.Load();
        SweepData data = SweepData.Read(recipe, folder.Options, _ => { });
        double bytes = 80e6;
        string[] lines;
        while ((lines = [.. MemoryPlan.Of(recipe, folder.Options with { Memory = Memory(bytes) }, data).Lines()])[0].StartsWith("memory: fits", StringComparison.Ordinal))
            bytes *= 0.97;
        Assert.That(lines[0], Does.Match("^memory: tight: [^:]*: .*it (still )?takes "));
        Assert.That(lines.Contains("memory: judges are opened anew for each run, since they do not fit beside the policy"), Is.EqualTo(judged));
        Assert.That(Plan(folder, folder.Options).Lines(), Has.Exactly(1).Items.And.All.Not.EndsWith(": "));
    }

    [Test]
    public void A_round_on_policy_is_planned_for_with_the_prompts_it_answers_and_the_answers_it_trains_on()
    {
        using SweepFolder folder = new();
        folder.Copy("gold", "chooser");
        (long sampling, long training) = (Bytes(folder, "sampling"), Bytes(folder, "preference"));
        folder.With("own.json", "\"template\": \"phi-3\"", "\"template\": \"phi-3\", \"resample\": { \"responses\": 2, \"judge\": { \"folder\": \"chooser\", \"maxLength\": 64 } }");
        Assert.That(Bytes(folder, "sampling"), Is.GreaterThan(sampling), "eight prompts at once, where the test set has four");
        Assert.That(Bytes(folder, "preference"), Is.EqualTo(training), "answers that are shorter than the pairs' own");
        folder.With("own.json", "\"maxNewTokens\": 6", "\"maxNewTokens\": 90");
        Assert.That(Bytes(folder, "preference"), Is.GreaterThan(training));
    }

    private static MemoryPlan Plan(SweepFolder folder, SweepOptions options)
    {
        Recipe recipe = folder.Load();
        return MemoryPlan.Of(recipe, options, SweepData.Read(recipe, folder.Options, _ => { }));
    }

    // as it is told, of the smallest unit
    private static long Bytes(SweepFolder folder, string stage, SweepOptions? options = null)
    {
        string[] told = Plan(folder, (options ?? folder.Options) with { Memory = Memory(80e9) }).Told(stage)["it was estimated to take ".Length..].Split(' ');
        return (long)(double.Parse(told[0], System.Globalization.CultureInfo.InvariantCulture) * (told[1] switch { "B" => 1, "KiB" => 1 << 10, "MiB" => 1 << 20, _ => 1 << 30 }));
    }
}
