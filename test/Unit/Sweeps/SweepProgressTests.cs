using Alignment.Doctor;
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

    // what is told of it is rounded: to a second in all, to a tenth of a millisecond a token
    [TestCase(600, 40, 1, 1), TestCase(1, 200, 1, 1), TestCase(1, 200, 3, 1), TestCase(1, 200, 3, 3)]
    public void The_time_is_that_of_the_tokens_and_the_positions_it_tells(int epochs, int newTokens, int batch, int responses)
    {
        using SweepFolder folder = new SweepFolder().With("own.json", "\"preference\": { \"epochs\": [1]", $"\"preference\": {{ \"epochs\": [{epochs}]").With("own.json", "\"maxNewTokens\": 6", $"\"maxNewTokens\": {newTokens}")
            .With("own.json", "\"beta\": [0.1]", "\"beta\": [0.1, 0.2, 0.3]").With("own.json", "\"testPrompts\": 4", $"\"testPrompts\": 4, \"responsesPerPrompt\": {responses}");
        using var sweep = new Sweep(folder.Load(), folder.Options with { GenerationBatch = batch }, TimeProvider.System, _ => { });
        IReadOnlyList<string> plan = sweep.Plan();
        double[] tokens = Numbers(plan[1]), time = Numbers(plan[3][(plan[3].IndexOf(" (one step", StringComparison.Ordinal))..]);
        Assert.That(tokens[1], Is.EqualTo(4 * 4 * responses * newTokens));
        double sampling = 4 * responses * Math.Ceiling(4.0 / batch) * newTokens / 1000, told = Seconds(plan[3]);
        Assert.That(told, Is.EqualTo(tokens[0] / time[0] + sampling * time[1]).Within(1.1 + sampling * 0.06 + 0.02 * told + (told > 90 ? 60 : 0)));
    }

    [TestCase(false), TestCase(true)]
    public void The_time_has_that_of_sampling_a_round_on_policy_until_its_pairs_are_stored_and_the_disk_what_is_trained(bool isStored)
    {
        using SweepFolder folder = ResampleSweepTests.Folder().With("own.json", "\"warmupRatio\": 0.1", "\"warmupRatio\": 0.1, \"averages\": [2]")
            .WithoutSft();
        Recipe recipe = folder.Load();
        SweepData data = SweepData.Read(recipe, folder.Options, _ => { });
        GridPoint[] points = [.. Grid.SftPoints(recipe), .. Grid.PreferencePoints(recipe)];
        Assert.That(points.Select(point => point.Method == Grid.Start), Is.EqualTo(new[] { true, false, false, false, false }));
        const int Prompts = 200_000, Batch = 4;
        IReadOnlyList<string> Lines(double judging) => SweepPlan.Lines(recipe, folder.Options with { GenerationBatch = Batch }, data, points, _ => StoredPoint.Nothing(2), () => judging, new(Prompts, recipe.Resample!, isStored));
        IReadOnlyList<string> plan = Lines(0);
        Assert.That(plan[3], Is.EqualTo(isStored ? "resample: 3 responses to each of 200,000 training prompts, pairs chosen by other: stored"
            : "resample: 3 responses to each of 200,000 training prompts, pairs chosen by other: at most 3,600,000 tokens to sample"));
        double position = Numbers(plan[4][plan[4].IndexOf("tokens/s, ", StringComparison.Ordinal)..])[0] / 1000, round = isStored ? 0 : Prompts * 3 / Batch * 6 * position;
        Assert.That(Seconds(plan[4]), Is.EqualTo(round).Within(60 + 0.05 / 1000 / position * round + 0.03 * round));
        Assert.That(Seconds(Lines(1e9)[4]), Is.EqualTo(1e9 + round).Within(1e5));

        TimedStep step = TimedStep.Measure(recipe, folder.Options, data);
        Assert.That(step.TrainingBytes, Is.EqualTo(4 * step.WeightBytes), "weights, two moments and an average");
        Assert.That(plan[5], Does.StartWith($"disk: about {ByteCount.Text(8 * step.WeightBytes)} (4 × {ByteCount.Text(step.WeightBytes)} of weights, and {ByteCount.Text(step.TrainingBytes)} while a run trains); "));
    }

    private static double[] Numbers(string line) => [.. System.Text.RegularExpressions.Regex.Matches(line, @"-?\d[\d,]*(\.\d+)?").Select(match => double.Parse(match.Value, System.Globalization.NumberStyles.Any, System.Globalization.CultureInfo.InvariantCulture))];

    // what "time: about 5 min on cpu" tells
    private static double Seconds(string line)
    {
        string text = line["time: about ".Length..line.IndexOf(" on cpu", StringComparison.Ordinal)];
        return Numbers(text)[0] * text.Split(' ')[^1] switch { "s" => 1, "min" => 60, "h" => 3600, _ => 86400 };
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

    [Test]
    public void What_is_left_is_told_by_what_the_finished_runs_took_a_token_and_a_run()
    {
        using SweepFolder folder = new SweepFolder().With("own.json", "\"beta\": [0.1]", "\"beta\": [0.1, 0.2]").With("own.json", "\"preference\": { \"epochs\": [1]", "\"preference\": { \"epochs\": [1, 3]");
        Recipe recipe = folder.Load();
        SweepData data = Preflight.Read(recipe, folder.Options, folder.Options.Hashes(TimeProvider.System, _ => { }), _ => { });
        var work = new SweepWork(recipe, data);
        IReadOnlyList<GridPoint> points = Grid.PreferencePoints(recipe);
        long sft = data.Training.Sum(pair => pair.Prompt.Length + pair.Chosen.Length), both = data.Training.Sum(pair => 2 * pair.Prompt.Length + pair.Chosen.Length + pair.Rejected.Length);
        Assert.That(Grid.SftPoints(recipe).Concat(points).Select(work.Tokens), Is.EqualTo(new[] { sft, both, 3 * both, both, 3 * both }));
        Assert.That((work.Tokens(new(Grid.Start, "start", [])), work.Prompts), Is.EqualTo((0L, 4)));
        Assert.That(work.Needed([points[1], Grid.SftPoints(recipe)[0]]).Select(point => point.Slug), Is.EqualTo(new[] { "SFT-lr1e-3-e1", points[1].Slug }));

        var progress = new SweepProgress(points, work, point => new(point.Method == "SFT" ? Run(point, 10, 2) : null, true, [true]));
        Assert.That(progress.Points, Has.Count.EqualTo(5));
        Assert.That(progress.SecondsLeft(), Is.EqualTo(8.0 * both * 10 / sft + 4 * 2).Within(1e-9));
        progress.Done(Run(points[1], 40, 3));
        double left = 5.0 * both * 50 / (sft + 3 * both) + 3 * 5 / 2.0;
        Assert.That(progress.SecondsLeft(), Is.EqualTo(left).Within(1e-9));
        progress.Done(Run(points[1], 40, 3));
        progress.Done(Run(new("KTO", "another", [new("Epochs", "1")]), 99, 9));
        Assert.That(progress.SecondsLeft(), Is.EqualTo(left).Within(1e-9), "once, and nobody's else");
        Assert.That(progress.Begin(points[0]), Is.EqualTo(FormattableString.Invariant($"run 3 of 5: DPO-b0.1-lr1e-3-e1 is trained and has answered 4 test prompts; about {Duration.Text(left)} left")));
        progress.Done(Run(points[0], double.NaN, 1));
        Assert.That(progress.Begin(points[2]), Does.StartWith("run 4 of 5: "), "it is done, though nothing is known of its time");

        progress.Done(Run(points[2], 0, 4)); // its weights came from elsewhere
        Assert.That(progress.SecondsLeft(), Is.EqualTo(3.0 * both * 50 / (sft + 3 * both) + 9 / 4.0).Within(1e-9));

        StoredPoint nothing = StoredPoint.Nothing(2);
        Assert.That((nothing.Run, nothing.Trained, nothing.Answered, nothing.Scored.Count), Is.EqualTo(((StoredRun?)null, false, false, 2)));
        Assert.That((nothing with { Scored = [false, true] }).Answered);

        static StoredRun Run(GridPoint point, double training, double evaluation) => new(point.Slug, point, null!, new() { TrainingSeconds = training, EvaluationSeconds = evaluation, TokensPerSecond = 1, Environment = new Dictionary<string, string>() }, "");
    }

    [TestCase(89.5, "90 s"), TestCase(90, "2 min"), TestCase(5399, "90 min"), TestCase(5400, "1.5 h"), TestCase(172799, "48.0 h"), TestCase(172800, "2.0 days")]
    [TestCase(0.2, "1 s"), TestCase(50, "50 s"), TestCase(2400, "40 min"), TestCase(18720, "5.2 h"), TestCase(267840, "3.1 days")]
    public void A_time_is_told_as_people_say_it(double seconds, string text) => Assert.That(Duration.Text(seconds), Is.EqualTo(text));
}
