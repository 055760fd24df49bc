using Alignment.Evaluation;
using Alignment.Recipes;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Doctor;
using Alignment.Tests.Unit.Evaluation;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>Searches that train: small ones, to their end.</summary>
[NonParallelizable]
public class SweepSearchTests
{
    private const int Runs = 7;

    private static SweepFolder Folder(int runs = Runs, string rates = "[3e-4, 1e-3, 3e-3]") => new SweepFolder()
        .With("own.json", "\"testPrompts\": 4", $"\"search\": {{ \"runs\": {runs} }}, \"testPrompts\": 4")
        .With("own.json", "\"preference\": { \"epochs\": [1], \"learningRate\": [1e-3]", $"\"preference\": {{ \"epochs\": [1], \"learningRate\": {rates}")
        .With("own.json", "\"DPO\": { \"beta\": [0.1] }", "\"DPO\": { \"beta\": [0.1, 0.5] }, \"SimPO\": { \"beta\": [2.0], \"gamma\": [0.5, 1.0] }");

    [Test]
    public void A_search_ends_with_its_runs_and_the_report_names_its_rounds()
    {
        using SweepFolder folder = Folder();
        StoredSweep sweep = RunAll(folder);
        Assert.That(sweep.Runs, Has.Count.EqualTo(Runs));
        Assert.That(sweep.Missing, Is.Empty);
        Assert.That(sweep.Search!.Rounds.Select(round => round.Count), Is.EqualTo(new[] { 4, 3 }));
        Assert.That((sweep.Search.Runs, sweep.Search.Settings), Is.EqualTo((Runs, 12)));
        Assert.That(sweep.Search.Rounds[0], Is.EqualTo(new[] { "DPO-b0.5-lr3e-4-e1", "SimPO-b2.0-g0.5-lr3e-4-e1", "DPO-b0.1-lr1e-3-e1", "SimPO-b2.0-g0.5-lr1e-3-e1" }));
        Assert.That(SweepFile.Read(sweep.Folder).Search!.Rounds, Is.EqualTo(sweep.Search.Rounds));
        Assert.That(folder.Log.Where(line => line.StartsWith("search: ", StringComparison.Ordinal)), Is.EqualTo(sweep.Search.Rounds.Select((round, index) => $"search: round {index + 1} of 2 is {string.Join(", ", round)}")));
        Assert.That(folder.Log, Has.Some.StartsWith("run 8 of 8: "));
    }

    [Test]
    public void A_search_that_was_stopped_goes_on_to_the_same_runs_and_a_longer_one_takes_them_up()
    {
        using SweepFolder whole = Folder(), stopped = Folder();
        string[] ids = [.. RunAll(whole).Runs.Select(run => run.Id)];
        using (Sweep begun = stopped.Open())
            begun.Run(SweepSearch.Unknown(stopped.Load(), 5, Runs), CancellationToken.None);
        Assert.That(RunAll(stopped).Runs.Select(run => run.Id), Is.EqualTo(ids));

        stopped.With("own.json", $"\"runs\": {Runs}", "\"runs\": 12").Log.Clear();
        StoredSweep longer = RunAll(stopped);
        Assert.That(longer.Runs.Select(run => run.Id), Is.SupersetOf(ids));
        Assert.That(longer.Search!.Rounds.Select(round => round.Count), Is.EqualTo(new[] { 4, 3, 3, 2 }));
        Assert.That(longer.Search.Rounds[^1], Is.All.EndsWith("-s2"), "second seeds of the leaders");
        Assert.That(stopped.Log.Count(line => line.Contains(" train: step", StringComparison.Ordinal) && line.Contains("step 1/", StringComparison.Ordinal)), Is.LessThanOrEqualTo(12 - Runs));
    }

    [Test]
    public void Shards_make_the_search_of_one_process()
    {
        using SweepFolder one = Folder(), both = Folder();
        string[] ids = [.. RunAll(one).Runs.Select(run => run.Id)];
        var search = new SweepSearch(both.Load(), Grid.Settings(both.Load()));
        int[] positions = [.. search.Positions];
        Assert.That(positions, Is.EqualTo(new[] { 0, 1, 2, 3, 0, 1, 2 }));
        // by turns: side by side they are processes, as in the regression tests
        using (Sweep first = both.Open(), second = both.Open())
            foreach ((int index, int position) in positions.Index())
                (position % 2 == 0 ? first : second).Run(SweepSearch.Unknown(both.Load(), index + 1, Runs), CancellationToken.None);

        using Sweep again = both.Open();
        Assert.That(again.Collect(CancellationToken.None).Runs.Select(run => run.Id), Is.EqualTo(ids));
    }

    [Test]
    public void A_run_that_diverges_counts_as_the_worst_and_the_search_goes_on()
    {
        using SweepFolder folder = Folder(rates: "[3e-4, 1e30]");
        using Sweep sweep = folder.Open();
        int failures = 0;
        for (int number = Runs; number > 0; number--) // the last one first has the rounds before it run
            try
            {
                sweep.Run(SweepSearch.Unknown(folder.Load(), number, Runs), CancellationToken.None);
            }
            catch (Alignment.Training.NonFiniteLossException)
            {
                failures++;
            }

        StoredSweep stored = sweep.Collect(CancellationToken.None);
        Assert.That(stored.Search!.Rounds.Sum(round => round.Count), Is.EqualTo(Runs));
        Assert.That(stored.Runs.Count + failures, Is.EqualTo(Runs));
        Assert.That(stored.Missing, Has.Count.EqualTo(failures));
        Assert.That(Directory.EnumerateFiles(stored.Folder, "*.diverged.txt").Count(), Is.EqualTo(failures).And.GreaterThan(0));
        Assert.That(folder.Log, Has.Some.Match(@"^\[.*-lr1e30-e1\] diverged: the search counts it as the worst run$"));
    }

    [Test]
    public void Rounds_go_where_none_has_diverged()
    {
        using SweepFolder folder = Folder(runs: 6, rates: "[1e30, 1e-3]");
        IReadOnlyList<IReadOnlyList<SearchStep>> rounds = Rounds(folder, (point, _) => point.Spelling("LearningRate") == "1e30");
        Assert.That(rounds.Select(round => (round.Count, round.Count(step => step.Diverged))), Is.EqualTo(new[] { (4, 2), (2, 0) }));
        Assert.That(Rounds(folder, (_, _) => true).Select(round => round.Count), Is.EqualTo(new[] { 4, 2 }), "nor is there a leader where all have");
    }

    [Test]
    public void The_first_round_and_second_seeds_are_set_against_nobody_and_the_others_against_a_leader()
    {
        using SweepFolder folder = Folder(runs: 12);
        HashSet<string> led = [];
        IReadOnlyList<IReadOnlyList<SearchStep>> rounds = Rounds(folder, (point, leader) => leader != null && !led.Add(point.Slug));
        Assert.That(rounds[^1].Select(step => step.Point.Slug), Is.All.EndsWith("-s2"));
        Assert.That(led, Is.EquivalentTo(rounds.Skip(1).SkipLast(1).SelectMany(round => round).Select(step => step.Point.Slug)));
    }

    // each run is better than those before it
    private static IReadOnlyList<IReadOnlyList<SearchStep>> Rounds(SweepFolder folder, Func<GridPoint, StoredRun?, bool> diverges)
    {
        SampleRow[] rows = [.. Rows.Scores(1, 2, 3, 4)];
        File.WriteAllLines(folder.PathOf("samples.jsonl"), rows.Select(SampleFile.Line));
        double score = 0;
        return new SweepSearch(folder.Load(), Grid.Settings(folder.Load())).Rounds((point, leader) => diverges(point, leader) ? new(point, null, Diverged: true)
            : new(point, new(point.Slug, point, Summaries.Summarise(rows, 1), null!, folder.Root), Diverged: false) { Score = ++score });
    }

    [Test]
    public void A_plan_counts_the_runs_that_are_not_chosen_yet()
    {
        using SweepFolder folder = Folder();
        using Sweep sweep = folder.Open();
        sweep.Expect(Grid.Settings(folder.Load()));
        Assert.That(sweep.Plan()[0], Is.EqualTo("runs: 8 to do, 0 done; to do by method: SFT 1 of 1, DPO 2 of 2, SimPO 2 of 2, to be chosen 3 of 3"), "the first round is known beforehand");
        using SweepFolder longer = Folder().With("own.json", "\"preference\": { \"epochs\": [1]", "\"preference\": { \"epochs\": [1, 3, 2]");
        Assert.That(SweepSearch.Unknown(longer.Load(), 1, 7).Spelling("Epochs"), Is.EqualTo("3"), "it may be the longest");
        sweep.SftWinner(CancellationToken.None);
        sweep.Expect(Grid.Settings(folder.Load()));
        Assert.That(sweep.Plan()[0], Is.EqualTo("runs: 7 to do, 1 done; to do by method: SFT 0 of 1, DPO 2 of 2, SimPO 2 of 2, to be chosen 3 of 3"));
        Assert.That(sweep.State().Points.Skip(5).Select(at => at.Point.Slug), Is.EqualTo(new[] { "run 5 of 7", "run 6 of 7", "run 7 of 7" }));
        Assert.That(sweep.State().Points.Skip(1), Has.Exactly(7).Items.And.All.Matches<PointState>(at => (at.Run, at.Holder, at.Error) == (null, null, null)));
    }

    [TestCase(50, true, false), TestCase(51, true, true), TestCase(51, false, false)]
    public void A_plan_says_that_a_run_which_is_behind_answers_fewer_prompts_where_there_are_more_than_a_slice(int prompts, bool searches, bool isTold)
    {
        using SweepFolder folder = (searches ? Folder() : new SweepFolder()).With("own.json", "\"testPrompts\": 4", $"\"testPrompts\": {prompts}");
        folder.Write("test.jsonl", string.Join('\n', Enumerable.Range(0, prompts).Select(i => DoctorFolder.Line($"test {i}", "yes", "no"))));
        using Sweep sweep = folder.Open();
        Assert.That(sweep.Plan()[1].EndsWith(" with up to 6 tokens; a search's run that is behind for certain answers fewer", StringComparison.Ordinal), Is.EqualTo(isTold));
    }

    [Test]
    public void What_stands_for_a_run_that_is_not_chosen_is_stored_when_as_many_are()
    {
        using SweepFolder folder = Folder();
        Recipe recipe = folder.Load();
        GridPoint sft = Grid.SftPoints(recipe)[0], first = Grid.Settings(recipe)[0];
        var run = new StoredRun(first.Slug, first, null!, null!, "");
        SweepState state = new("own", "/store", [new(sft, null, null, null), new(first, run, null, null), new(SweepSearch.Unknown(recipe, 2, 3), null, null, null)], null);
        Assert.That(Enumerable.Range(1, 3).Select(number => state.IsStored(SweepSearch.Unknown(recipe, number, 3))), Is.EqualTo(new[] { true, false, false }));
        Assert.That((state.IsStored(first), state.IsStored(sft), state.IsStored(Grid.Settings(recipe)[1])), Is.EqualTo((true, false, false)));
    }

    private static StoredSweep RunAll(SweepFolder folder)
    {
        Recipe recipe = folder.Load();
        using Sweep sweep = folder.Open();
        for (int number = 1; number <= recipe.Search!.Runs; number++)
            sweep.Run(SweepSearch.Unknown(recipe, number, recipe.Search.Runs), CancellationToken.None);
        return sweep.Collect(CancellationToken.None);
    }
}
