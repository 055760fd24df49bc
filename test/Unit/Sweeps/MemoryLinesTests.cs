using Alignment.Recipes;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Recipes;
using NUnit.Framework;
using static Alignment.Tests.Unit.Sweeps.MemoryPlanTests;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>What a plan of memory chooses and tells, on devices that are made up.</summary>
[NonParallelizable]
public sealed class MemoryLinesTests
{
    private readonly SweepFolder _folder = new();
    private Recipe _recipe = null!;
    private SweepData _data = null!;

    [OneTimeSetUp]
    public void Read() => (_recipe, _data) = (_folder.Load(), SweepData.Read(_folder.Load(), _folder.Options, _ => { }));

    [OneTimeTearDown]
    public void Remove() => _folder.Dispose();

    [Test]
    public void What_fits_is_one_line_without_advice() =>
        Assert.That(Plan(80e9).Lines().Single(), Does.Match(@"^memory: fits: [A-Za-z ]+ takes [\d.]+ [KM]iB of the 74\.5 GiB test device has$"));

    // libtorch's device without numbers stands for a GPU
    [Test]
    public void Sizes_that_are_open_on_a_GPU_are_found_and_told_and_those_that_are_given_stay()
    {
        SweepData many = _data with { TestPrompts = [.. Enumerable.Repeat(_data.TestPrompts[0], 200)] };
        SweepOptions open = _folder.Options with { Device = "meta", MicroBatch = null, GenerationBatch = null, Memory = Memory(80e9) }, given = open with { TokenBudget = 4000, GenerationBatch = 7 };
        var plan = MemoryPlan.Of(_recipe, open, many);
        Assert.That(plan.Lines().Skip(1), Is.EqualTo(new[]
        {
            "memory: 65536 tokens go through the model at once (-p:TokenBudget names others)",
            "memory: 200 responses are drawn at once (-p:GenerationBatch names others)",
        }), "as many tokens as fill the device, and all prompts");
        Assert.That(Sizes(plan.Settled(open)), Is.EqualTo(((long?)65536, (int?)200)));
        Assert.That(MemoryPlan.Of(_recipe, given, many).Lines().Skip(1), Is.Empty);
        Assert.That(Sizes(MemoryPlan.Of(_recipe, given, many).Settled(given)), Is.EqualTo(((long?)4000, (int?)7)));

        static (long?, int?) Sizes(SweepOptions options) => (options.TokenBudget, options.GenerationBatch);
    }

    // training takes more than 2 MiB, sampling and judging less
    [Test]
    public void What_others_hold_is_in_the_way_of_the_largest_stage_though_the_smallest_fits_beside_it()
    {
        Assert.That(Lines(2 << 20), Has.One.StartsWith("memory: 74.5 GiB of test device are in use already"));
        Assert.That(Lines(1 << 30), Has.None.Contains("in use already"));

        IEnumerable<string> Lines(long free) => MemoryPlan.Of(_recipe, _folder.Options with { Memory = device => Memory(80e9)(device) with { Used = (long)80e9 - free } }, _data).Lines();
    }

    [Test]
    public void A_stage_that_finds_no_memory_is_told_what_takes_less_than_it_did()
    {
        string[] told = Plan(80e9).Told("SFT").Split(" MiB");
        Assert.That(told[^1], Is.Empty);
        Assert.That(Number(told[^2]), Is.LessThan(Number(told[0])).And.GreaterThan(0));

        static double Number(string text) => double.Parse(text.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture);
    }

    [Test]
    public void Where_no_judge_is_a_model_none_is_said_to_be_opened_anew()
    {
        var recipe = RecipeFile.Parse(RecipeText.Good, "/small.json");
        SweepOptions options = _folder.Options;
        SweepData data = SweepData.Read(recipe, options, _ => { });
        double bytes = 80e6;
        MemoryPlan plan;
        while ((plan = MemoryPlan.Of(recipe, options with { Memory = Memory(bytes) }, data)).JudgesStay)
            bytes *= 0.97;
        Assert.That(plan.Lines(), Has.Some.StartsWith("memory: tight: ").And.None.Contains("judges"));
    }

    [Test]
    public void The_longest_prompt_that_a_round_on_policy_answers_is_planned_for()
    {
        string[] lines = [.. new[] { 1, 200 }.Select(longest => Plan(80e9, _data with { TrainingPrompts = [new int[1], new int[longest]] }).Lines().Single())];
        Assert.That(lines[1], Is.Not.EqualTo(lines[0]));
    }

    private MemoryPlan Plan(double bytes, SweepData? data = null) => MemoryPlan.Of(_recipe, _folder.Options with { Memory = Memory(bytes) }, data ?? _data);
}
