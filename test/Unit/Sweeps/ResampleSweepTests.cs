using System.Text.Json;
using Alignment.Data;
using Alignment.Doctor;
using Alignment.Recipes;
using Alignment.Reports;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Distributed;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>A round on-policy in a small sweep: what it samples and chooses, what it leaves, and what it refuses.</summary>
[NonParallelizable]
public class ResampleSweepTests
{
    private const string Template = "\"template\": \"phi-3\"", Round = "\"responses\": 3, \"judge\": { \"folder\": \"other\", \"maxLength\": 64 }";
    private const string Sft = "SFT-lr1e-3-e1", Dpo = "DPO-b0.1-lr1e-3-e1", OnPolicy = "DPO-onpolicy-b0.1-lr1e-3-e1";

    [Test]
    public void The_model_they_start_from_answers_the_training_prompts_and_every_method_trains_on_best_and_worst()
    {
        using SweepFolder folder = Folder(), plain = new();
        StoredSweep sweep = Run(folder), alone = Run(plain);
        Assert.That(sweep.Runs.Select(run => (run.Point.Slug, run.Id)), Is.EqualTo(alone.Runs.Select(run => (run.Point.Slug, run.Id))), "the data's own runs are those of a recipe without the round");
        StoredRun run = sweep.OnPolicy!.Runs.Single();
        Assert.That((run.Point.Slug, run.Point.OnPolicy, run.Samples().Count()), Is.EqualTo((OnPolicy, true, 4)));
        Assert.That(File.ReadAllText(Path.Combine(run.Folder, "run.json")), Does.Contain("\"on_policy\": true").And.Contain("\"resampled\": {"));
        Assert.That(File.ReadAllText(Path.Combine(sweep.Runs[0].Folder, "run.json")), Does.Not.Contain("on_policy").And.Not.Contain("resampled"));
        Assert.That((sweep.OnPolicy.ChosenBy!.Name, sweep.OnPolicy.ChosenBy.Decides, sweep.OnPolicy.Judge!.Name, sweep.ChosenBy), Is.EqualTo(("other", false, "gold", (JudgeFacts?)null)));

        SweepData data = folder.Data();
        ResampledPairs pairs = Pairs(folder);
        Assert.That(pairs.Rows.Select(row => row.Source), Is.EqualTo(data.Training.Select(pair => pair.Source)));
        ResampleFacts facts = run.Facts.Data!.Resampled!;
        Assert.That((facts.Prompts, facts.Responses, facts.Pairs, run.Facts.Data.TrainingPairs), Is.EqualTo((data.Training.Count, 3, pairs.Count, pairs.Count)));
        Assert.That(pairs.Count, Is.GreaterThan(data.Training.Count / 2));
        Assert.That(folder.Log, Has.One.EqualTo($"[resample] {facts}").And.One.EqualTo($"[resample] response 3 of 3: {data.Training.Count}/{data.Training.Count} responses"));
        long most = data.TrainingPrompts.Sum(prompt => 2 * (prompt.Length + 6));
        Assert.That(folder.Log, Has.Some.StartsWith(FormattableString.Invariant($"run 3 of 3: {OnPolicy} trains on at most {most:N0} tokens and answers 4 test prompts; ")));

        // what was chosen is what the other judge says, and the two rounds differ
        using GoldModel judge = GoldModel.Open(folder.Load().Resample!.Judge, new(folder.Load(), folder.Options, data, _ => { }), ("", ""), CancellationToken.None);
        foreach (ResampledRow row in pairs.Rows.Where(row => row.LeftOut == null))
        {
            PreferencePair prompt = data.TrainingTexts.Single(pair => pair.Source == row.Source);
            double[] scores = [.. judge.Score([prompt, prompt], [(row.Chosen!.Text, row.Chosen.Ended), (row.Rejected!.Text, row.Rejected.Ended)]).Select(score => score.Value)];
            Assert.That((row.Chosen.Score, row.Rejected.Score), Is.EqualTo((scores[0], scores[1])).Using<(double, double)>((a, b) => Math.Abs(a.Item1 - b.Item1) < 1e-5 && Math.Abs(a.Item2 - b.Item2) < 1e-5));
            Assert.That(row.Chosen.Score, Is.GreaterThan(row.Rejected.Score));
            Assert.That(row.Chosen.Tokens, Has.Length.InRange(1, 6));
        }

        Assert.That(run.Samples().Select(row => row.PolicyLogProb), Is.Not.EqualTo(sweep.Runs[0].Samples().Select(row => row.PolicyLogProb)));
        SweepFile.Write(sweep);
        StoredSweep read = SweepFile.Read(sweep.Folder);
        Assert.That((read.OnPolicy!.Runs.Single().Id, read.OnPolicy.Folder, read.OnPolicy.ChosenBy), Is.EqualTo((run.Id, sweep.OnPolicy.Folder, sweep.OnPolicy.ChosenBy)));
        ReportWriter.Write(read);
        Assert.That(File.ReadAllText(Path.Combine(sweep.Folder, "on-policy.md")), Does.Contain("chosen by other, right on ").And.Contain($"gave {facts};").And.Match(@"(?m)^\| DPO +\| +1 \| +1 \| +18 \| +18 \|"));
        Assert.That(File.ReadAllText(Path.Combine(sweep.Folder, "report.html")), Does.Contain("href=\"on-policy/report.html\""));
        Assert.That(File.ReadAllText(Path.Combine(sweep.Folder, "on-policy", "report.html")), Does.Contain($"Sweep own, on-policy: ").And.Contain(run.Id).And.Not.Contain("id=\"on-policy\""));
    }

    [Test]
    public void What_is_stored_is_not_made_again_and_a_change_costs_only_itself()
    {
        using SweepFolder folder = Folder();
        StoredSweep first = Run(folder);
        string home = Directory.GetDirectories(Path.Combine(first.Folder, "resampled")).Single();
        Assert.That(Directory.GetFiles(home).Select(Kind).Order(), Is.EqualTo(new[] { "draw-1.jsonl", "draw-2.jsonl", "draw-3.jsonl", "pairs", "scores", "scores", "scores" }));
        Assert.That(Run(folder).OnPolicy!.Runs.Single().Id, Is.EqualTo(first.OnPolicy!.Runs.Single().Id));
        Assert.That(folder.Log, Has.None.StartsWith("["), "nothing is left to do");
        Assert.That(Prune.Find(first.Folder), Is.Empty);

        // one response more
        folder.With("own.json", "\"responses\": 3", "\"responses\": 4");
        string id = Run(folder).OnPolicy!.Runs.Single().Id;
        Assert.That(folder.Log, Has.Some.StartsWith("[resample] response 4 of 4: ").And.Some.EqualTo("[resample] response 3 of 4: 18 of 18 responses are stored"));
        Assert.That(folder.Log.Count(line => line.StartsWith("[resample] other: ", StringComparison.Ordinal)), Is.EqualTo(1), "only the new responses are scored");
        Assert.That(folder.Log, Has.None.Contains($"[{Dpo}]").And.None.Contains($"[{Sft}]"));
        Assert.That(id, Is.Not.EqualTo(first.OnPolicy.Runs.Single().Id));

        // another reading of the judge: the responses stay
        folder.With("own.json", "\"folder\": \"other\", \"maxLength\": 64", "\"folder\": \"other\", \"maxLength\": 60");
        Run(folder);
        Assert.That(folder.Log.Count(line => line.EndsWith("of 18 responses are stored", StringComparison.Ordinal) && line.StartsWith("[resample]", StringComparison.Ordinal)), Is.EqualTo(4));
        Assert.That(Directory.GetDirectories(Path.Combine(first.Folder, "resampled")), Has.Length.EqualTo(1));

        // another temperature: other responses, and the former ones are nobody's
        folder.With("own.json", "\"responses\": 4", "\"responses\": 4, \"temperature\": 0.5");
        Run(folder);
        Assert.That(Directory.GetDirectories(Path.Combine(first.Folder, "resampled")), Has.Length.EqualTo(2));
        Assert.That(Prune.Find(first.Folder).Where(item => item.What == "resampled pairs").Select(item => Path.GetFileName(item.Path)), Is.EqualTo(new[] { Path.GetFileName(home) }));
        Prune.Remove(first.Folder, Prune.Find(first.Folder), TimeProvider.System);
        Assert.That(home, Does.Not.Exist);
        Run(folder);
        Assert.That(folder.Log, Has.None.StartsWith("["));

        static string Kind(string path) => Path.GetFileName(path) is var name && name.StartsWith("draw", StringComparison.Ordinal) ? name : name.Split('-')[0];
    }

    [Test]
    public void Stopped_anywhere_it_goes_on_and_ends_with_the_same_bytes()
    {
        using SweepFolder whole = Folder();
        Run(whole);
        using SweepFolder folder = Folder();
        foreach (string at in new[] { "[resample] response 1 of 3: 6/18", "[resample] response 3 of 3: 12/18", $"[{OnPolicy}] train: step" })
        {
            using var stop = new CancellationTokenSource();
            using Sweep sweep = new(folder.Load(), folder.Options with { ProgressSeconds = 0 }, TimeProvider.System, line =>
            {
                folder.Log.Add(line);
                if (line.StartsWith(at, StringComparison.Ordinal))
                    stop.Cancel();
            });
            Assert.That(() => sweep.Run(Grid.PreferencePoints(folder.Load())[^1], stop.Token), Throws.InstanceOf<OperationCanceledException>(), at);
        }

        Assert.That(folder.Log, Has.Some.EqualTo("[resample] response 1 of 3: 6 of 18 responses are stored"));
        Run(folder);
        Assert.That(Results(folder), Is.EqualTo(Results(whole)));
    }

    [Test]
    public void A_large_share_of_responses_that_were_cut_comes_with_what_to_do()
    {
        using SweepFolder folder = Folder();
        string home = Path.Combine(Run(folder).Folder, "resampled");
        int cut = Directory.GetFiles(home, "draw-*", SearchOption.AllDirectories).SelectMany(File.ReadLines).Count(line => !JsonDocument.Parse(line).RootElement.GetProperty("Response").GetProperty("Ended").GetBoolean());
        Assert.That(folder.Log, Has.One.EqualTo($"[resample] cut: {new Share(cut, 54)} responses reached maxNewTokens 6 without an end; maxCutShare is 0.1, above it: "
            + "raise maxNewTokens, or the pairs are of cut texts and methods learn to end nowhere"));
    }

    [Test]
    public void Averages_of_a_training_on_sampled_pairs_are_points_of_the_round()
    {
        using SweepFolder folder = Folder().With("own.json", "\"batchSize\": 8, \"warmupRatio\": 0.1", "\"batchSize\": 3, \"warmupRatio\": 0.1, \"averages\": [2]"), plain = Folder().With("own.json", "\"batchSize\": 8, \"warmupRatio\": 0.1", "\"batchSize\": 3, \"warmupRatio\": 0.1");
        StoredSweep sweep = Run(folder);
        Assert.That(sweep.Runs.Concat(sweep.OnPolicy!.Runs).Select(run => run.Point.Slug), Is.EqualTo(new[] { Dpo, $"{Dpo}-avg2", OnPolicy, $"{OnPolicy}-avg2" }));
        Assert.That(sweep.OnPolicy.Runs.Select(run => (run.Point.OnPolicy, run.Point.IsAverage)), Is.EqualTo(new[] { (true, false), (true, true) }));
        Assert.That(folder.Log, Has.One.Match($@"^\[{OnPolicy}-avg2\] weights: the mean of {OnPolicy} after steps \d+, \d+ of \d+$"));
        Assert.That(folder.Log.Where(line => line.Contains(" train: step 1/", StringComparison.Ordinal)), Has.Exactly(3).Items, "SFT, one training on either set of pairs");
        Assert.That(sweep.Missing.Concat(sweep.OnPolicy.Missing), Is.Empty);
        StoredSweep without = Run(plain);
        Assert.That(without.OnPolicy!.Runs.Single().Id, Is.EqualTo(sweep.OnPolicy.Runs[0].Id));
        Assert.That(File.ReadAllText(Path.Combine(without.OnPolicy.Runs[0].Folder, "samples.jsonl")), Is.EqualTo(File.ReadAllText(Path.Combine(sweep.OnPolicy.Runs[0].Folder, "samples.jsonl"))));
        Assert.That(ReportWriter.Write(sweep).Count(path => path.EndsWith("/averages.md", StringComparison.Ordinal)), Is.GreaterThan(0));
    }

    [Test]
    public void Stage_by_stage_it_leaves_what_one_process_leaves()
    {
        using SweepFolder whole = Folder(), staged = Folder();
        Run(whole);
        In(staged, sweep => sweep.PrepareJudges(CancellationToken.None));
        Assert.That(Directory.GetFiles(Path.Combine(staged.Sweeps, "own", "judges")), Has.Length.EqualTo(2), "both judges are asked");
        Assert.That(() => In(staged, sweep => sweep.PrepareResampled(CancellationToken.None)), Throws.InvalidOperationException.With.Message.EndsWith($"\n{Sft}: not run yet"));
        In(staged, sweep => sweep.RunAlone(Grid.SftPoints(staged.Load())[0], CancellationToken.None));
        In(staged, sweep => sweep.PrepareResampled(CancellationToken.None));
        staged.Log.Clear();
        In(staged, sweep => sweep.PrepareReference(CancellationToken.None));
        Assert.That(Directory.GetFiles(Path.Combine(staged.Sweeps, "own", "reference"), "*", SearchOption.AllDirectories), Has.Length.EqualTo(2), "of both sets of pairs");
        foreach (GridPoint point in Grid.PreferencePoints(staged.Load()).Reverse())
            In(staged, sweep => sweep.RunAlone(point, CancellationToken.None));
        Assert.That(staged.Log, Has.None.Contains("[resample] response"));
        In(staged, sweep => sweep.Collect(CancellationToken.None));
        Assert.That(Results(staged), Is.EqualTo(Results(whole)));
    }

    [Test]
    public void Two_ranks_store_what_one_stores()
    {
        using SweepFolder one = Folder().With("own.json", "\"batchSize\": 8", "\"batchSize\": 6"), two = Folder().With("own.json", "\"batchSize\": 8", "\"batchSize\": 6");
        Run(one, one.Options with { MicroBatch = 3 });
        RanksInTurn.Run(2, rank =>
        {
            SweepOptions options = two.Options with { MicroBatch = 3, Ranks = rank };
            if (rank.Rank == 0)
                return Run(two, options);
            using var sweep = new Sweep(two.Load(), options, TimeProvider.System, _ => { });
            sweep.Follow(CancellationToken.None);
            return null;
        });
        Assert.That(Results(two), Is.EqualTo(Results(one)));
    }

    [Test]
    public void A_dry_run_counts_it_until_it_is_stored()
    {
        using SweepFolder folder = Folder();
        using (Sweep sweep = folder.Open())
        {
            IReadOnlyList<string> plan = sweep.Plan();
            Assert.That(plan[0], Is.EqualTo("runs: 3 to do, 0 done; to do by method: SFT 1 of 1, DPO 2 of 2"));
            Assert.That(plan[3], Is.EqualTo("resample: 3 responses to each of 18 training prompts, pairs chosen by other: at most 324 tokens to sample"));
            Assert.That(plan[4], Does.StartWith("time: about "));
        }

        In(folder, sweep => sweep.SftWinner(CancellationToken.None));
        In(folder, sweep => sweep.PrepareResampled(CancellationToken.None));
        In(folder, sweep => Assert.That(sweep.Plan()[3], Is.EqualTo("resample: 3 responses to each of 18 training prompts, pairs chosen by other: stored")));
    }

    [Test]
    public void The_doctor_and_the_memory_plan_know_the_judge_that_chooses()
    {
        using SweepFolder folder = Folder();
        ExaminationInput input = folder.Examined();
        string[] lines = [.. JudgeCheck.Of(input, folder.Options).Select(verdict => verdict.ToString())];
        Assert.That(lines, Has.Some.StartsWith("ok    judge gold: gold model: template phi-3").And.Some.StartsWith("ok    judge other: gold model: template phi-3").And.Some.Match("^(ok  |warn)  judge other: it .* accuracy "));
        SweepData data = folder.Data();
        string told = MemoryPlan.Of(folder.Load(), folder.Options, data).Told("judging by other");
        Assert.That(told, Does.StartWith("it was estimated to take "), "and not that no estimate was made");
    }

    [TestCase("\"folder\": \"other\"", "\"folder\": \"copy\"", "own.json(7): $.data.resample.judge is the judge that decides, gold: a policy trained on what it chose would be scored by it, too; give another one")]
    [TestCase("\"folder\": \"other\"", "\"folder\": \"nowhere\"", "own.json(7): $.data.resample.judge.folder names nowhere, which is not there: looked at ")]
    [TestCase("\"folder\": \"other\", \"maxLength\": 64", "\"folder\": \"other\", \"maxLength\": 640", "own.json(7): $.data.resample.judge.maxLength 640 is beyond the gold model's 128 positions: lower it to 128")]
    [TestCase("\"folder\": \"other\", \"maxLength\": 64", "\"neox\": { \"width\": 8, \"layers\": 1, \"heads\": 1, \"mlpWidth\": 8, \"maxLength\": 64 }, \"name\": \"trained\"", "own.json(4): $.data leaves no pair to train the gold model on: raise \"split.rewardModel\"")]
    public void A_judge_that_will_not_do_is_refused_before_anything_is_trained(string piece, string replacement, string fault)
    {
        using SweepFolder folder = Folder();
        folder.Copy("gold", "copy");
        Assert.That(folder.With("own.json", piece, replacement).Faults(), Has.Some.StartsWith(fault));
        Assert.That(folder.Log, Has.None.StartsWith("[SFT"));
    }

    [Test]
    public void Responses_that_could_go_beyond_the_lengths_are_refused()
    {
        using SweepFolder folder = Folder();
        int longest = folder.Data().TrainingPrompts.Max(prompt => prompt.Length);
        folder.With("own.json", "\"maxPrompt\": 40, \"maxTotal\": 100", $"\"maxPrompt\": {longest}, \"maxTotal\": {longest + 5}");
        Assert.That(folder.Faults(), Has.Some.EqualTo($"own.json(7): $.data.resample: the longest training prompt has {longest} tokens and with maxNewTokens 6 goes beyond maxTotal {longest + 5}, "
            + $"and what is sampled is trained on whole: raise maxTotal to {longest + 6}, or lower maxNewTokens to 5"));
    }

    [Test]
    public void A_judge_whose_scores_are_no_numbers_stops_the_round_before_it_samples_and_a_damaged_file_is_named()
    {
        using SweepFolder folder = Folder();
        JudgeCheckTests.Spoil(folder.PathOf("other"));
        using (Sweep sweep = folder.Open())
            foreach (int _ in new[] { 1, 2 })
                Assert.That(() => sweep.Run(Grid.PreferencePoints(folder.Load())[^1], CancellationToken.None), Throws.TypeOf<InvalidDataException>());
        Assert.That(Directory.Exists(Path.Combine(folder.Sweeps, "own", "resampled")), Is.False);

        using SweepFolder sound = Folder();
        Run(sound);
        string file = Directory.GetFiles(Path.Combine(sound.Sweeps, "own", "resampled"), "pairs-*", SearchOption.AllDirectories).Single();
        File.WriteAllLines(file, File.ReadAllLines(file).SkipLast(1));
        Directory.Delete(Directory.GetDirectories(Path.Combine(sound.Sweeps, "own"), OnPolicy + "-*").Single(), recursive: true);
        using Sweep process = sound.Open();
        foreach (int _ in new[] { 1, 2 })
        {
            Assert.That(() => process.Run(Grid.PreferencePoints(sound.Load())[^1], CancellationToken.None),
                Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"{file}: has 17 lines for 18 training prompts; delete the file, the pairs are made again"), "the second time, too: a process asks once");
            File.Delete(file);
        }
    }

    internal static SweepFolder Folder()
    {
        var folder = new SweepFolder();
        SweepFolder.SaveGold(folder.PathOf("other"), seed: 2);
        return folder.With("own.json", Template, $"{Template}, \"resample\": {{ {Round} }}");
    }

    private static ResampledPairs Pairs(SweepFolder folder) => ResampledPairs.Read(Directory.GetFiles(Path.Combine(folder.Sweeps, "own", "resampled"), "pairs-*", SearchOption.AllDirectories).Single());

    private static StoredSweep Run(SweepFolder folder, SweepOptions? options = null)
    {
        folder.Log.Clear();
        using Sweep sweep = new(folder.Load(), options ?? folder.Options, TimeProvider.System, folder.Log.Add);
        foreach (GridPoint point in Grid.PreferencePoints(folder.Load()))
            sweep.Run(point, CancellationToken.None);
        StoredSweep stored = sweep.Collect(CancellationToken.None);
        if (options?.Ranks.Ranks > 1)
            sweep.EndRanks();
        return stored;
    }

    // by name, every file that follows from the recipe alone
    private static string[] Results(SweepFolder folder) => [.. Directory.EnumerateFiles(Path.Combine(folder.Sweeps, "own"), "*", SearchOption.AllDirectories)
        .Where(path => Path.GetFileName(path) is "samples.jsonl" or "summary.json" or "model.safetensors" || path.Contains("/resampled/", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal).Select(path => $"{Path.GetRelativePath(folder.Sweeps, path)} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))}")];

    internal static void In(SweepFolder folder, Action<Sweep> stage)
    {
        using Sweep sweep = folder.Open();
        stage(sweep);
    }
}
