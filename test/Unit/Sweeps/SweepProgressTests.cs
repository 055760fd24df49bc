using Alignment.Recipes;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

[NonParallelizable]
public class SweepProgressTests
{
    [Test]
    public void The_log_tells_which_run_of_how_many_begins_and_how_many_prompts_it_answers()
    {
        using var folder = new SweepFolder();
        using Sweep sweep = folder.Open();
        foreach (GridPoint point in Grid.PreferencePoints(folder.Load()))
            sweep.Run(point, CancellationToken.None);
        string[] begun = [.. folder.Log.Where(line => line.StartsWith("run ", StringComparison.Ordinal))];
        Assert.That(begun, Has.Length.EqualTo(2));
        Assert.That(begun[0], Does.Match(@"^run 1 of 2: SFT-lr1e-3-e1 trains on [\d,]+ tokens and answers 4 test prompts; how long the sweep takes is known after this run$"));
        Assert.That(begun[1], Does.Match(@"^run 2 of 2: DPO-b0\.1-lr1e-3-e1 trains on [\d,]+ tokens and answers 4 test prompts; about \d+ s left$"));
    }

    [Test]
    public void A_plan_counts_runs_tokens_time_and_disk_and_trains_nothing()
    {
        using var folder = new SweepFolder();
        using Sweep sweep = folder.Open();
        IReadOnlyList<string> plan = sweep.Plan();
        Assert.That(plan[0], Is.EqualTo("runs: 2 to do, 0 done; to do by method: SFT 1 of 1, DPO 1 of 1"));
        Assert.That(plan[1], Does.Match(@"^tokens: [\d,]+ to train on, at most 48 to sample: each run answers 4 test prompts with up to 6 tokens$"));
        Assert.That(plan[2], Is.EqualTo("judges: gold 2 of 2 runs to score"));
        Assert.That(plan[3], Does.Match(@"^time: about \d+ s on cpu .*one step was timed: [\d,]+ tokens/s"));
        Assert.That(plan[4], Does.Match(@"^disk: about .* \(2 × 111 KiB of weights, and 334 KiB while a run trains\); .* are free at "));
        Assert.That(Directory.Exists(folder.Sweeps), Is.False, "nothing was begun");
        sweep.SftWinner(CancellationToken.None);
        Assert.That(sweep.Plan()[0], Is.EqualTo("runs: 1 to do, 1 done; to do by method: SFT 0 of 1, DPO 1 of 1"));
    }

    [Test]
    public void The_time_has_that_of_training_the_gold_model_until_it_is_stored()
    {
        using SweepFolder folder = new SweepFolder().With("own.json", "\"folder\": \"gold\", \"maxLength\": 64",
            "\"neox\": { \"width\": 8, \"layers\": 1, \"heads\": 1, \"mlpWidth\": 8, \"maxLength\": 64, \"epochs\": 2, \"batchSize\": 4 }")
            .With("own.json", "\"template\": \"phi-3\"", "\"template\": \"phi-3\", \"split\": { \"rewardModel\": 0.5 }");
        using Sweep sweep = folder.Open();
        Assert.That(Time(sweep), Does.Match(@"^time: about \d+ s on cpu .* responses at once\); \d+ s of it train the gold model$"));
        Assert.That(Directory.Exists(folder.Sweeps), Is.False, "nothing was begun");
        sweep.SftWinner(CancellationToken.None);
        Assert.That(Time(sweep), Does.EndWith(" responses at once)"));

        static string Time(Sweep of) => of.Plan().Single(line => line.StartsWith("time:", StringComparison.Ordinal));
    }

    [TestCase(0.2, "1 s"), TestCase(50, "50 s"), TestCase(2400, "40 min"), TestCase(18720, "5.2 h"), TestCase(267840, "3.1 days")]
    public void A_time_is_told_as_people_say_it(double seconds, string text) => Assert.That(Duration.Text(seconds), Is.EqualTo(text));
}
