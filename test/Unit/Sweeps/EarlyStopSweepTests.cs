using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Alignment.Data.World;
using Alignment.Recipes;
using Alignment.Reports;
using Alignment.Reports.Numbers;
using Alignment.Sweeps;
using Alignment.Sweeps.Search;
using Alignment.Tests.Unit.Doctor;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>Searches whose runs answer slice by slice. The models are too small to differ: one run of the first round is given higher scores in the store, and all of the second are behind it.</summary>
[NonParallelizable]
public class EarlyStopSweepTests
{
    private const int Runs = 7, First = 4, Prompts = 56, Longer = 10;

    [Test]
    public void A_run_that_is_behind_answers_no_more_prompts_and_is_set_against_its_leader_alone()
    {
        using SweepFolder folder = Begun();
        StoredSweep sweep = RunAll(folder);
        Assert.That((sweep.Runs.Count, sweep.Stopped.Count, sweep.Missing.Count), Is.EqualTo((First, Runs - First, 0)));
        Assert.That(sweep.Search!.Rounds.Select(round => round.Count), Is.EqualTo(new[] { First, Runs - First }));
        PromptOrder order = Order(sweep.Sft!);
        foreach (StoppedRun stopped in sweep.Stopped)
        {
            string slug = stopped.Run.Point.Slug;
            Assert.That(stopped.Leader.Id, Is.EqualTo(Leader(sweep).Id));
            Assert.That((stopped.Run.FirstPrompts, stopped.Run.Summary.Samples), Is.EqualTo((EarlyStopping.Slice, EarlyStopping.Slice)));
            Assert.That(stopped.Run.Samples().Select(row => row.PromptIndex), Is.EqualTo(order.Places(..EarlyStopping.Slice)));
            Assert.That(Sampled(sweep, slug), Is.EqualTo(EarlyStopping.Slice), "the others are not sampled");
            Standing standing = stopped.Standing();
            Assert.That((standing.Differences.Length, standing.All, standing.StoppedAfter), Is.EqualTo((EarlyStopping.Slice, Prompts, (int?)EarlyStopping.Slice)));
            Assert.That(standing.Lead, Is.EqualTo(stopped.Run.Columns().Score.Average() - stopped.Leader.Samples().Where(row => order.Places(..EarlyStopping.Slice).Contains(row.PromptIndex)).Average(row => row.Score)).Within(1e-12));
            Assert.That(stopped.Score(), Is.EqualTo(stopped.Leader.Summary.MeanScore.Value + standing.Lead).Within(1e-12));
            Assert.That(folder.Log, Has.One.EqualTo($"[{slug}] early stop: {standing} {stopped.Leader.Point.Slug}; the others are not answered")
                .And.Some.Match($@"^\[{slug}\] stored: .* on the first 50 prompts$"));
        }

        Assert.That(sweep.Runs.Select(run => run.Summary.Samples), Is.All.EqualTo(Prompts));
        Assert.That(SweepFile.Read(sweep.Folder).Stopped.Select(stopped => (stopped.Run.Id, stopped.Leader.Id)), Is.EqualTo(sweep.Stopped.Select(stopped => (stopped.Run.Id, stopped.Leader.Id))));
        Assert.That(Prune.Find(sweep.Folder), Is.Empty);
        Report(sweep);
        Directory.Delete(Path.Combine(sweep.Folder, "used"), recursive: true);
        Assert.That(Prune.Find(sweep.Folder), Is.Empty, "what the report shows is kept");

        folder.Log.Clear();
        string[] ids = [.. sweep.Stopped.Select(run => run.Run.Id)];
        Assert.That(RunAll(folder).Stopped.Select(run => run.Run.Id), Is.EqualTo(ids));
        Assert.That(folder.Log, Has.None.StartsWith("[").And.None.StartsWith("run "), "what is stored is not done again");
        using Sweep again = folder.Open();
        Assert.That(again.State().Points.Select(at => at.Run != null), Is.All.True);
        Assert.That(again.Plan()[0], Does.StartWith($"runs: 0 to do, {Runs + 1} done"));
    }

    [Test]
    public void A_grid_asks_a_stopped_run_only_for_what_is_missing_and_a_search_then_picks_what_it_would_have_picked()
    {
        using SweepFolder folder = Begun();
        StoredSweep stopped = RunAll(folder);
        GridPoint point = stopped.Stopped[0].Run.Point;
        string partly = string.Concat(stopped.Stopped[0].Run.Samples().Select(row => row.Response));

        StoredRun whole = OfGrid(folder, point);
        Assert.That((whole.Id, whole.FirstPrompts, whole.Summary.Samples), Is.EqualTo((Contest.WholeName(stopped.Stopped[0].Run.Id), (int?)null, Prompts)));
        Assert.That(whole.Id, Is.Not.EqualTo(stopped.Stopped[0].Run.Id));
        Assert.That(folder.Log, Has.None.Contains("train: step").And.Some.EqualTo($"[{point.Slug}] generate: {EarlyStopping.Slice} of {Prompts} responses are stored"));
        int[] first = Order(whole).Places(..EarlyStopping.Slice);
        Assert.That(string.Concat(whole.Samples().Where(row => first.Contains(row.PromptIndex)).Select(row => row.Response)), Is.EqualTo(partly));

        // longer than before: the third round follows from the second, whatever else is known of its runs, and however hard the prompts are that they were not asked
        Raise(whole.Folder, place => first.Contains(place) ? 0 : 100);
        using SweepFolder other = Begun(hard: -100);
        RunAll(other);
        folder.With("own.json", "\"testPrompts\"", $"\"search\": {{ \"runs\": {Longer} }}, \"testPrompts\"");
        other.With("own.json", $"\"runs\": {Runs}", $"\"runs\": {Longer}");
        StoredSweep known = RunAll(folder), unknown = RunAll(other);
        Assert.That(known.Search!.Rounds, Is.EqualTo(unknown.Search!.Rounds));
        IEnumerable<SearchStep> steps = unknown.Stopped.Select(run => new SearchStep(run.Run.Point, run.Run, false) { Leader = run.Leader, Score = run.Score() }).Concat(unknown.Runs.Select(run => new SearchStep(run.Point, run, false)));
        Assert.That(new SweepSearch(other.Load(), Grid.Settings(other.Load())).Rounds((at, _) => steps.Single(step => step.Point.Slug == at.Slug)).Select(round => round.Select(step => step.Point.Slug)), Is.EqualTo(unknown.Search.Rounds));
        Assert.That(known.Runs.Select(run => run.Id), Is.EquivalentTo(unknown.Runs.Select(run => run.Id).Append(whole.Id)));
        Assert.That(unknown.Stopped.Select(run => run.Leader.Point.Slug), Has.Exactly(Longer - First).Items.And.All.EqualTo(Leader(unknown).Point.Slug));
        Assert.That(known.Stopped.Select(run => run.Run.Id), Is.EqualTo(unknown.Stopped.Where(run => run.Run.Point.Slug != point.Slug).Select(run => run.Run.Id)), "that one has answered all");
    }

    [Test]
    public void A_run_of_a_later_round_that_is_ahead_leads_those_after_it()
    {
        using SweepFolder folder = Begun();
        GridPoint point = RunAll(folder).Stopped[0].Run.Point;
        Raise(OfGrid(folder, point).Folder, _ => 2);
        StoredSweep sweep = RunAll(folder.With("own.json", "\"testPrompts\"", $"\"search\": {{ \"runs\": {Longer} }}, \"testPrompts\""));
        Assert.That(sweep.Stopped.Where(run => sweep.Search!.Rounds[2].Contains(run.Run.Point.Slug)).Select(run => run.Leader.Point.Slug), Is.Not.Empty.And.All.EqualTo(point.Slug));
    }

    [Test]
    public void A_single_run_that_the_recipe_names_answers_all_prompts_whatever_a_search_thinks_of_it()
    {
        using SweepFolder plain = Begun(), folder = Begun();
        StoredSweep without = RunAll(plain);
        string slug = without.Stopped[0].Run.Point.Slug;
        Match point = Regex.Match(slug, @"^(\w+)-b([\d.]+)(-g([\d.]+))?-lr(\de-\d)-e1$");
        string gamma = point.Groups[3].Success ? $", \"gamma\": {point.Groups[4].Value}" : "";
        StoredSweep with = RunAll(folder.With("own.json", "\"testPrompts\"", "\"runs\": [ { "
            + $"\"method\": \"{point.Groups[1].Value}\", \"beta\": {point.Groups[2].Value}{gamma}, \"learningRate\": {point.Groups[5].Value}, \"epochs\": 1 }} ], \"testPrompts\""));
        Assert.That(with.Runs.Single(run => run.Point.Slug == slug).Summary.Samples, Is.EqualTo(Prompts));
        Assert.That(with.Stopped.Select(run => run.Run.Id), Is.EqualTo(without.Stopped.Skip(1).Select(run => run.Run.Id)));
        Assert.That(with.Search!.Rounds, Is.EqualTo(without.Search!.Rounds));
    }

    [Test]
    public void Where_a_slice_has_all_prompts_no_run_is_stopped()
    {
        using SweepFolder folder = Begun(pieces: ($"\"testPrompts\": {Prompts}", $"\"testPrompts\": {EarlyStopping.Slice}"));
        StoredSweep sweep = RunAll(folder);
        Assert.That((sweep.Runs.Count, sweep.Stopped.Count), Is.EqualTo((Runs, 0)));
        Assert.That(sweep.Runs.Select(run => run.FirstPrompts), Is.All.Null);
    }

    [Test]
    public void Killed_in_a_slice_it_goes_on_and_ends_with_the_bytes_of_one_that_was_not()
    {
        using SweepFolder whole = Begun(), killed = Begun();
        StoredSweep expected = RunAll(whole);
        string slug = expected.Stopped[0].Run.Point.Slug;
        foreach (string at in new[] { $"[{slug}] generate: 16/50", $"[{slug}] early stop" })
        {
            using var stop = new CancellationTokenSource();
            using Sweep sweep = new(killed.Load(), killed.Options with { ProgressSeconds = 0 }, TimeProvider.System, line =>
            {
                killed.Log.Add(line);
                if (line.StartsWith(at, StringComparison.Ordinal))
                    stop.Cancel();
            });
            Assert.That(() => Go(sweep, killed.Load(), stop.Token), Throws.InstanceOf<OperationCanceledException>(), at);
        }

        Assert.That(Results(RunAll(killed)), Is.EqualTo(Results(expected)));
        Assert.That(killed.Log, Has.Some.EqualTo($"[{slug}] generate: 16 of 50 responses are stored"));
    }

    [Test]
    public void A_second_judge_scores_the_prompts_that_were_enough_for_the_first()
    {
        using SweepFolder folder = Begun();
        SweepFolder.SaveGold(folder.PathOf("other"), seed: 2);
        folder.With("own.json", "\"gold\": { \"folder\": \"gold\", \"maxLength\": 64 }", "\"gold\": [ { \"folder\": \"gold\", \"maxLength\": 64 }, { \"folder\": \"other\", \"maxLength\": 64, \"name\": \"second\" } ]");
        StoredSweep sweep = RunAll(folder), by = sweep.ByOthers.Single();
        Assert.That(by.Stopped.Select(run => (run.Run.Point.Slug, run.Run.FirstPrompts, run.Leader.Point.Slug)), Is.EqualTo(sweep.Stopped.Select(run => (run.Run.Point.Slug, run.Run.FirstPrompts, run.Leader.Point.Slug))));
        Assert.That(by.Stopped.Zip(sweep.Stopped).Select(pair => pair.First.Run.Samples().Select(row => row.Response).SequenceEqual(pair.Second.Run.Samples().Select(row => row.Response))), Is.All.True);
        Assert.That(by.Stopped.Select(run => run.Run.Id), Is.Not.EquivalentTo(sweep.Stopped.Select(run => run.Run.Id)));
        Assert.That(folder.Log, Has.Some.Match($@"^\[{sweep.Stopped[0].Run.Point.Slug}\] second: responses: those of {sweep.Stopped[0].Run.Id} with their log-probs, only scored$"));
        Assert.That(by.Missing, Is.Empty);
    }

    [Test]
    public void An_average_of_a_stopped_run_is_set_against_the_leader_by_itself()
    {
        const string Batch = "\"batchSize\": 8, \"warmupRatio\": 0.1", Smaller = "\"batchSize\": 3, \"warmupRatio\": 0.1";
        using SweepFolder plain = Begun(pieces: (Batch, Smaller)), averaged = Begun(pieces: (Batch, $"{Smaller}, \"averages\": [2]"));
        StoredSweep without = RunAll(plain), with = RunAll(averaged);
        Assert.That(with.Search!.Rounds, Is.EqualTo(without.Search!.Rounds), "an average is no result of the search");
        Assert.That(with.Missing, Is.Empty);
        Assert.That(with.Runs.Count(run => run.Point.IsAverage) + with.Stopped.Count(run => run.Run.Point.IsAverage), Is.EqualTo(Runs));
        string[] searched = [.. with.Search.Rounds[1]];
        StoppedRun[] averages = [.. with.Stopped.Where(run => run.Run.Point.IsAverage)];
        Assert.That(averages.Select(run => Grid.Trained(run.Run.Point).Slug), Is.EquivalentTo(searched), "all of the second round are far behind");
        PromptOrder order = Order(with.Sft!);
        foreach (StoppedRun average in averages)
        {
            Assert.That((average.Leader.Id, average.Run.FirstPrompts, average.Run.Facts.TrainingSeconds), Is.EqualTo((Leader(with).Id, (int?)EarlyStopping.Slice, 0.0)));
            Assert.That(average.Run.Samples().Select(row => row.PromptIndex), Is.EqualTo(order.Places(..EarlyStopping.Slice)));
            Assert.That(Sampled(with, average.Run.Point.Slug), Is.EqualTo(EarlyStopping.Slice));
            StoredRun of = with.Stopped.Single(run => run.Run.Point.Slug == Grid.Trained(average.Run.Point).Slug).Run;
            Assert.That(average.Run.Weights, Is.Not.EqualTo(of.Weights));
            Assert.That(averaged.Log.Count(line => line.StartsWith($"[{of.Point.Slug}] train: step 1/", StringComparison.Ordinal)), Is.LessThanOrEqualTo(1));
        }

        string[] Bytes(StoredSweep sweep) => [.. Results(sweep).Where(line => !line.Contains("-avg", StringComparison.Ordinal))];
        Assert.That(Bytes(with), Is.EqualTo(Bytes(without)), "what they are of stays what it is");
        averaged.Log.Clear();
        Assert.That(RunAll(averaged).Stopped.Select(run => run.Run.Id), Is.EqualTo(with.Stopped.Select(run => run.Run.Id)));
        Assert.That(averaged.Log, Has.None.StartsWith("["), "what is stored is not done again");
    }

    [Test]
    public void Shards_that_stop_runs_come_to_what_one_process_comes_to()
    {
        using SweepFolder one = Begun(), both = Begun();
        StoredSweep alone = RunAll(one);
        int[] positions = [.. new SweepSearch(both.Load(), Grid.Settings(both.Load())).Positions];
        using (Sweep first = Logged(both, "1"), second = Logged(both, "2"))
            foreach ((int index, int position) in positions.Index())
                (position % 2 == 0 ? first : second).Run(SweepSearch.Unknown(both.Load(), index + 1, Runs), CancellationToken.None);

        using Sweep again = both.Open();
        StoredSweep together = again.Collect(CancellationToken.None);
        Assert.That(Results(together), Is.EqualTo(Results(alone)));
        Assert.That((together.Stopped.Count, together.Missing.Count), Is.EqualTo((Runs - First, 0)));
        foreach (StoppedRun stopped in together.Stopped)
            Assert.That(both.Log.Count(line => line.Contains($"[{stopped.Run.Point.Slug}] early stop", StringComparison.Ordinal)), Is.EqualTo(1), "each by one of them");
        Assert.That(both.Log.Where(line => line.Contains("early stop", StringComparison.Ordinal)).Select(line => line[0]).Distinct(), Is.EquivalentTo(new[] { '1', '2' }));

        static Sweep Logged(SweepFolder folder, string name) => new(folder.Load(), folder.Options, TimeProvider.System, line => folder.Log.Add($"{name} {line}"));
    }

    [Test]
    public void Weights_of_a_stopped_run_are_not_kept_where_only_the_best_are()
    {
        using SweepFolder folder = Begun(", \"keepWeights\": \"best\"");
        StoredSweep sweep = RunAll(folder);
        Assert.That(sweep.Stopped.Select(run => WeightStore.IsDropped(Path.Combine(sweep.Folder, "weights", run.Run.Weights))), Is.All.True);
    }

    private static void Report(StoredSweep sweep)
    {
        ReportWriter.Write(sweep);
        string stopped = File.ReadAllText(Path.Combine(sweep.Folder, "stopped.md")), search = File.ReadAllText(Path.Combine(sweep.Folder, "search.md"));
        StoppedRun first = sweep.Stopped[0];
        Assert.That(stopped, Does.Match($@"(?m)^\| {first.Run.Id} +\| 50 of {Prompts} +\| {first.Leader.Id} +\| +-0\.\d+ +\| +0\.\d+ +\|"));
        Assert.That(search, Does.Match($@"(?m)^\| {first.Run.Point.Slug} +\| 2 +\| stopped early"));
        Assert.That(File.ReadAllText(Path.Combine(sweep.Folder, "runs.md")), Does.Not.Contain(first.Run.Id).And.Not.Contain("Runs without a result"));
        Assert.That(File.ReadAllText(Path.Combine(sweep.Folder, "recommendation.md")), Does.Contain("3 of the search's runs were stopped early, behind for certain on the prompts answered so far"));
        Assert.That(new ReportData(sweep).Further.Select(run => run.Point.WithoutSeed().Slug), Has.None.AnyOf([.. sweep.Stopped.Select(run => run.Run.Point.Slug)]));
    }

    // the first round is done, and one of its runs is far ahead
    private static SweepFolder Begun(string more = "", double hard = 0, params (string Piece, string Replacement)[] pieces)
    {
        SweepFolder folder = new SweepFolder()
            .With("own.json", "\"testPrompts\": 4", $"\"search\": {{ \"runs\": {Runs} }}, \"testPrompts\": {Prompts}{more}")
            .With("own.json", "\"preference\": { \"epochs\": [1], \"learningRate\": [1e-3]", "\"preference\": { \"epochs\": [1], \"learningRate\": [3e-4, 1e-3, 3e-3]")
            .With("own.json", "\"DPO\": { \"beta\": [0.1] }", "\"DPO\": { \"beta\": [0.1, 0.5] }, \"SimPO\": { \"beta\": [2.0], \"gamma\": [0.5, 1.0] }");
        foreach ((string piece, string replacement) in pieces)
            folder.With("own.json", piece, replacement);
        folder.Write("test.jsonl", string.Join('\n', EmbeddedWorld.TestPrompts(1, Prompts).Select(pair => DoctorFolder.Line(pair.Prompt[^1].Text, pair.Chosen, pair.Rejected))));
        using Sweep sweep = folder.Open();
        for (int number = 1; number <= First; number++)
            sweep.Run(SweepSearch.Unknown(folder.Load(), number, Runs), CancellationToken.None);
        PromptOrder order = Order(sweep.SftWinner(CancellationToken.None));
        int[] last = order.Places(EarlyStopping.Slice..);
        foreach (string home in Directory.GetDirectories(Path.Combine(folder.Sweeps, "own"), "*PO-*-??????????"))
            Raise(home, place => (Path.GetFileName(home).StartsWith("DPO-b0.1-lr1e-3-e1-", StringComparison.Ordinal) ? 0.5 : 0) + (last.Contains(place) ? hard : 0));
        folder.Log.Clear();
        return folder;
    }

    // asked for by itself, all prompts; the search is gone from the recipe
    private static StoredRun OfGrid(SweepFolder folder, GridPoint point)
    {
        folder.With("own.json", $"\"search\": {{ \"runs\": {Runs} }}, ", "").Log.Clear();
        using Sweep grid = folder.Open();
        return grid.Run(point, CancellationToken.None);
    }

    // a stored run's scores, and their mean
    private static void Raise(string home, Func<int, double> by)
    {
        string samples = Path.Combine(home, "samples.jsonl"), summary = Path.Combine(home, "summary.json");
        List<double> raised = [];
        File.WriteAllLines(samples, File.ReadAllLines(samples).Select(line =>
        {
            JsonNode row = JsonNode.Parse(line)!;
            raised.Add(by((int)row["prompt_index"]!));
            row["score"] = (double)row["score"]! + raised[^1];
            return row.ToJsonString();
        }));
        JsonNode means = JsonNode.Parse(File.ReadAllText(summary))!;
        foreach (string end in new[] { "value", "low", "high" })
            means["mean_score"]![end] = (double)means["mean_score"]![end]! + raised.Average();
        File.WriteAllText(summary, means.ToJsonString());
    }

    private static StoredRun Leader(StoredSweep sweep) => sweep.Runs.Single(run => run.Point.Slug == "DPO-b0.1-lr1e-3-e1");

    private static PromptOrder Order(StoredRun run) => new(run.Samples().ToDictionary(row => row.PromptIndex, row => row.Prompt));

    private static int Sampled(StoredSweep sweep, string slug) => File.ReadAllLines(Directory.GetFiles(Path.Combine(sweep.Folder, "responses"), slug + "-??????????.jsonl").Single()).Length;

    private static string[] Results(StoredSweep sweep) => [.. sweep.Stopped.Select(run => run.Run).Concat(sweep.Runs)
        .SelectMany(run => new[] { "samples.jsonl", "summary.json" }.Select(name => $"{run.Id} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(run.Folder, name))))}"))];

    private static void Go(Sweep sweep, Recipe recipe, CancellationToken cancel)
    {
        for (int number = 1; number <= recipe.Search!.Runs; number++)
            sweep.Run(SweepSearch.Unknown(recipe, number, recipe.Search.Runs), cancel);
    }

    private static StoredSweep RunAll(SweepFolder folder)
    {
        using Sweep sweep = folder.Open();
        Go(sweep, folder.Load(), CancellationToken.None);
        return sweep.Collect(CancellationToken.None);
    }
}
