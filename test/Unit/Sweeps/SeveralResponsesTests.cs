using Alignment.Evaluation;
using Alignment.Recipes;
using Alignment.Reports;
using Alignment.Reports.Numbers;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Distributed;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>Several responses to each test prompt, sampled by the sweep itself.</summary>
[NonParallelizable]
public class SeveralResponsesTests
{
    private const int Prompts = 4;

    [Test]
    public void Each_prompt_gets_so_many_and_those_of_one_are_no_draws_of_their_own_in_any_interval()
    {
        using SweepFolder one = Folder(1), three = Folder(3);
        StoredSweep alone = RunAll(one), several = RunAll(three);
        StoredRun run = several.Runs.Single(), single = alone.Runs.Single();
        SampleRow[] rows = [.. run.Samples()], first = [.. single.Samples()];
        Assert.That(rows.Select(row => row.PromptIndex), Is.EqualTo(Enumerable.Range(0, 3 * Prompts)));
        for (int place = 0; place < rows.Length; place++)
            Assert.That((rows[place].Prompt, rows[place].Chosen, rows[place].PromptCut), Is.EqualTo((first[place % Prompts].Prompt, first[place % Prompts].Chosen, first[place % Prompts].PromptCut)));
        Assert.That(rows[..Prompts].Select(row => row.Response), Is.EqualTo(first.Select(row => row.Response)), "the first response is that of a recipe that asks for one");
        Assert.That(rows.GroupBy(row => row.PromptIndex % Prompts).Select(prompt => prompt.Select(row => row.Response).Distinct().Count()), Has.Some.GreaterThan(1));
        Assert.That((run.Weights, run.Id == single.Id), Is.EqualTo((single.Weights, false)));
        Assert.That(rows.Select(row => row.SftScore), Is.EqualTo(several.Sft!.Samples().Select(row => row.Score)), "each is set against the SFT model's of the same number");

        // means over prompts' means; the interval is that of as many prompts
        RunSummary summary = run.Summary;
        double[] perPrompt = [.. Enumerable.Range(0, Prompts).Select(prompt => rows.Where(row => row.PromptIndex % Prompts == prompt).Average(row => row.Score))];
        Estimate expected = new Bootstrap(Prompts, 1).Mean(perPrompt);
        Assert.That(summary.Samples, Is.EqualTo(3 * Prompts));
        Assert.That(new[] { summary.MeanScore.Value, summary.MeanScore.Low, summary.MeanScore.High }, Is.EqualTo(new[] { expected.Value, expected.Low, expected.High }).Within(1e-12));
        Assert.That(summary.WinVsSft.Value, Is.EqualTo(rows.Average(row => row.Score > row.SftScore ? 1.0 : 0)).Within(1e-12));

        string[] files = [.. ReportWriter.Write(several)];
        Assert.That(new ReportData(several).Prompts, Is.EqualTo(Prompts));
        Assert.That(File.ReadAllText(files.Single(path => path.EndsWith("/facts.md", StringComparison.Ordinal))), Does.Match($@"\| test prompts +\| {Prompts}, 3 responses to each +\|"));
        Assert.That(File.ReadAllText(files.Single(path => path.EndsWith("/report.html", StringComparison.Ordinal))), Does.Contain("responses to each"));
        Assert.That(File.ReadAllText(Path.Combine(single.Folder, "run.json")), Does.Not.Contain("responses_per_prompt"));
    }

    [Test]
    public void A_larger_number_samples_only_what_is_new_and_has_the_bytes_of_a_fresh_sweep()
    {
        using SweepFolder folder = Folder(1), fresh = Folder(3);
        StoredRun single = RunAll(folder).Runs.Single();
        folder.With("own.json", "\"testPrompts\": 4", "\"testPrompts\": 4, \"responsesPerPrompt\": 2");
        RunAll(folder);
        folder.With("own.json", "\"responsesPerPrompt\": 2", "\"responsesPerPrompt\": 3");
        StoredRun grown = RunAll(folder).Runs.Single(), whole = RunAll(fresh).Runs.Single();
        Assert.That(folder.Log, Has.None.Contains("train: step").And.Some.EqualTo($"[{grown.Point.Slug}] generate response 2 of 3: 4 of 4 responses are stored")
            .And.Some.EqualTo($"[{grown.Point.Slug}] generate response 3 of 3: 4/4 responses").And.None.EqualTo($"[{grown.Point.Slug}] generate response 2 of 3: 4/4 responses"));
        Assert.That(grown.Id, Is.EqualTo(whole.Id));
        Assert.That(File.ReadAllText(Path.Combine(grown.Folder, "samples.jsonl")), Is.EqualTo(File.ReadAllText(Path.Combine(whole.Folder, "samples.jsonl"))));
        Assert.That(Prune.Find(Path.Combine(folder.Sweeps, "own")).Select(unused => unused.What), Is.All.EqualTo("run"), "the runs of fewer responses");
        folder.With("own.json", ", \"responsesPerPrompt\": 3", "");
        Assert.That(RunAll(folder).Runs.Single().Id, Is.EqualTo(single.Id));
        Assert.That(folder.Log, Has.None.StartsWith("["));
    }

    [Test]
    public void Two_ranks_store_what_one_stores_and_a_dry_run_counts_the_responses()
    {
        using SweepFolder one = Folder(2).With("own.json", "\"batchSize\": 8", "\"batchSize\": 6"), two = Folder(2).With("own.json", "\"batchSize\": 8", "\"batchSize\": 6");
        using (Sweep planned = one.Open())
            Assert.That(planned.Plan()[1], Does.EndWith("at most 96 to sample: each run answers 4 test prompts 2 times each with up to 6 tokens"));
        StoredRun alone = RunAll(one, one.Options with { MicroBatch = 3 }).Runs.Single();
        Assert.That(one.Log, Has.Some.Match("^run 2 of 2: .* answers 4 test prompts 2 times each; "));
        StoredRun? shared = null;
        RanksInTurn.Run(2, rank =>
        {
            SweepOptions options = two.Options with { MicroBatch = 3, Ranks = rank };
            if (rank.Rank == 0)
                return shared = RunAll(two, options).Runs.Single();
            using var sweep = new Sweep(two.Load(), options, TimeProvider.System, _ => { });
            sweep.Follow(CancellationToken.None);
            return null;
        });
        Assert.That(shared!.Id, Is.EqualTo(alone.Id));
        Assert.That(File.ReadAllText(Path.Combine(shared.Folder, "samples.jsonl")), Is.EqualTo(File.ReadAllText(Path.Combine(alone.Folder, "samples.jsonl"))));
    }

    [Test]
    public void Responses_that_would_all_be_the_same_are_refused()
    {
        using SweepFolder folder = Folder(2).With("own.json", "\"temperature\": 1.0", "\"temperature\": 0");
        Assert.That(() => folder.Load(), Throws.TypeOf<RecipeException>().With.Message.Contains(
            "samples at temperature 0, at which all responses to a prompt are the same: give \"generation\" a temperature above 0, or leave \"responsesPerPrompt\" out"));
    }

    [TestCase(1, 0), TestCase(2, 2), TestCase(3, 3)]
    public void How_many_there_are_is_told_where_it_is_not_one(int responses, int told)
    {
        using SweepFolder folder = Folder(responses);
        Assert.That(folder.Data().Facts.ResponsesPerPrompt, Is.EqualTo(told));
    }

    private static SweepFolder Folder(int responses) => responses == 1 ? new()
        : new SweepFolder().With("own.json", "\"testPrompts\": 4", FormattableString.Invariant($"\"testPrompts\": 4, \"responsesPerPrompt\": {responses}"));

    private static StoredSweep RunAll(SweepFolder folder, SweepOptions? options = null)
    {
        folder.Log.Clear();
        using var sweep = new Sweep(folder.Load(), options ?? folder.Options, TimeProvider.System, folder.Log.Add);
        foreach (GridPoint point in Grid.PreferencePoints(folder.Load()))
            sweep.Run(point, CancellationToken.None);
        StoredSweep collected = sweep.Collect(CancellationToken.None);
        if ((options ?? folder.Options).Ranks.Ranks > 1)
            sweep.EndRanks();
        return collected;
    }
}
