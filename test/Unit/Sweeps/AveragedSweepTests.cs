using Alignment.Recipes;
using Alignment.Reports;
using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Distributed;
using Alignment.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

[NonParallelizable]
public class AveragedSweepTests
{
    private const string Dpo = "DPO-b0.1-lr1e-3-e1";

    [Test]
    public void Averages_are_points_of_their_own_and_the_training_they_are_of_is_done_once_and_stays_what_it_is()
    {
        using SweepFolder plain = Folder(), averaged = Folder("2, 3");
        StoredSweep without = RunAll(plain), with = RunAll(averaged);
        Assert.That(with.Missing, Is.Empty);
        Assert.That(with.Runs.Select(run => run.Point.Slug), Is.EqualTo(new[] { Dpo, $"{Dpo}-avg2", $"{Dpo}-avg3" }));
        Assert.That(Result(with.Runs[0]), Is.EqualTo(Result(without.Runs.Single())));
        Assert.That(with.Runs.Select(run => Result(run).Samples), Is.Unique);
        Assert.That(Trainings(averaged), Is.EqualTo(1));
        Assert.That(averaged.Log, Has.Some.EqualTo($"[{Dpo}-avg2] weights: the mean of {Dpo} after steps 5, 6 of 6").And.Some.EqualTo($"[{Dpo}-avg3] weights: the mean of {Dpo} after steps 4, 5, 6 of 6")
            .And.Some.Match($"run 3 of 4: {Dpo}-avg2 takes no training and answers 4 test prompts"));
        Assert.That(with.Runs.Skip(1).Select(run => run.Facts.TrainingSeconds), Is.All.Zero);
        Assert.That(Directory.GetDirectories(Path.Combine(averaged.Sweeps, "own", "weights")).Select(path => Path.GetFileName(path)), Is.EquivalentTo(with.Runs.Append(with.Sft).Select(run => run!.Weights)));

        Assert.That(StoredScores.Read(Path.Combine(averaged.Sweeps, "own")).Runs.Select(run => run.Point.Slug), Is.EqualTo(new[] { Dpo }), "a replayed search trains");
        ReportTable table = AveragesTable.Of(new ReportData(with)).Single();
        Assert.That(table.Table.Rows.Select(row => $"{row[0].Text} {row[1].Text}"), Is.EqualTo(new[] { "DPO 2", "DPO 3" }));
        Assert.That(ReportWriter.Write(with), Has.Some.EndsWith("averages.csv"));
        Assert.That(AveragesTable.Of(new ReportData(without)), Is.Empty);
    }

    [Test]
    public void Averages_that_are_asked_for_later_take_one_more_training_and_have_the_bytes_of_a_new_sweep()
    {
        using SweepFolder later = Folder(), fresh = Folder("2, 3");
        StoredSweep first = RunAll(later);
        string weights = Path.Combine(later.Sweeps, "own", "weights", first.Runs[0].Weights);
        DateTime made = Directory.GetLastWriteTimeUtc(weights);
        later.Log.Clear();
        StoredSweep grown = RunAll(Averaged(later, "2, 3"));
        Assert.That(grown.Runs.Select(Result), Is.EqualTo(RunAll(fresh).Runs.Select(Result)));
        Assert.That(Trainings(later), Is.EqualTo(1));
        Assert.That(later.Log, Has.Some.EqualTo($"[{Dpo}-avg2] weights: {Dpo} was trained without its averages, and is trained once more for them"));
        Assert.That(Directory.GetLastWriteTimeUtc(weights), Is.EqualTo(made), "its own weights stay");
    }

    [Test]
    public void A_training_without_averages_is_no_beginning_of_one_with_them_and_one_with_them_is_gone_on_with()
    {
        using SweepFolder killed = Folder(), later = Folder(), fresh = Folder("2");
        Stop(killed, 0);
        Assert.That(RunAll(Averaged(killed, "2")).Runs.Select(Result), Is.EqualTo(RunAll(fresh).Runs.Select(Result)));
        Assert.That(killed.Log, Has.Some.Contains("train: step 1/6"), "from the first step on");

        string weights = RunAll(later).Runs[0].Weights;
        Stop(Averaged(later, "2"), 1);
        later.With("own.json", "\"temperature\": 1.0", "\"temperature\": 0.8").Log.Clear();
        using (Sweep cold = later.Open())
            cold.Run(Grid.PreferencePoints(later.Load())[0], CancellationToken.None);
        RunAll(later);
        Assert.That(later.Log, Has.Some.Contains("train: step 6/6").And.None.Contains("train: step 1/6"), "where it was");
        Assert.That(Path.Combine(later.Sweeps, "own", "weights", weights + RunStore.Work), Does.Not.Exist);

        void Stop(SweepFolder folder, int point)
        {
            folder.Log.Clear();
            using var stop = new CancellationTokenSource();
            using var sweep = new Sweep(folder.Load(), folder.Options with { CheckpointSteps = 1, ProgressSeconds = 0 }, TimeProvider.System, line =>
            {
                if (line.StartsWith("[DPO", StringComparison.Ordinal) && line.Contains("train: step 3/6", StringComparison.Ordinal))
                    stop.Cancel();
            });
            Assert.That(() => sweep.Run(Grid.PreferencePoints(folder.Load())[point], stop.Token), Throws.InstanceOf<OperationCanceledException>());
        }
    }

    [Test]
    public void A_training_that_an_average_is_the_first_to_ask_for_is_no_second_one()
    {
        using SweepFolder folder = Folder("2");
        using Sweep sweep = folder.Open();
        Assert.That(sweep.Run(Grid.PreferencePoints(folder.Load())[1], CancellationToken.None).Point.Slug, Is.EqualTo($"{Dpo}-avg2"));
        Assert.That(folder.Log, Has.None.Contains("was trained without its averages"));
    }

    [Test]
    public void A_sweep_of_another_name_takes_averages_as_it_takes_weights()
    {
        using SweepFolder folder = Folder("2");
        StoredSweep first = RunAll(folder);
        folder.Log.Clear();
        StoredSweep other = RunAll(folder.With("own.json", "\"name\": \"own\"", "\"name\": \"other\""));
        Assert.That(other.Runs.Select(Result), Is.EqualTo(first.Runs.Select(Result)));
        Assert.That(Trainings(folder), Is.Zero);
    }

    [Test]
    public void A_training_that_diverges_is_not_tried_again_for_its_averages()
    {
        using SweepFolder folder = Folder("2, 3").With("own.json", "\"preference\": { \"epochs\": [1], \"learningRate\": [1e-3]", "\"preference\": { \"epochs\": [1], \"learningRate\": [1e30]");
        StoredSweep sweep = RunAll(folder);
        Assert.That(sweep.Missing.Select(run => run.Error), Has.Exactly(3).Items.And.All.StartsWith("DPO step "));
        Assert.That(Trainings(folder), Is.EqualTo(1));
    }

    [Test]
    public void A_training_that_diverges_says_nothing_of_another_and_a_full_disk_nothing_of_the_next_try()
    {
        using SweepFolder hot = Folder("2").With("own.json", "\"preference\": { \"epochs\": [1], \"learningRate\": [1e-3]", "\"preference\": { \"epochs\": [1], \"learningRate\": [1e30, 1e-3]"), full = Folder("2");
        StoredSweep sweep = RunAll(hot);
        Assert.That(sweep.Missing.Select(run => run.Point.Slug), Is.EqualTo(new[] { "DPO-b0.1-lr1e30-e1", "DPO-b0.1-lr1e30-e1-avg2" }));
        Assert.That(sweep.Runs.Select(run => run.Point.Slug), Is.EqualTo(new[] { Dpo, $"{Dpo}-avg2" }));

        bool isFull = true;
        using var trying = new Sweep(full.Load(), full.Options, TimeProvider.System, line => _ = isFull && line.StartsWith($"[{Dpo}] train: all", StringComparison.Ordinal) ? throw new IOException("no room") : line);
        GridPoint point = Grid.PreferencePoints(full.Load())[0];
        Assert.That(() => trying.Run(point, CancellationToken.None), Throws.TypeOf<IOException>());
        isFull = false;
        Assert.That(trying.Run(point, CancellationToken.None).Point.Slug, Is.EqualTo(Dpo));
    }

    [Test]
    public void The_averages_of_what_a_search_picks_come_with_it()
    {
        const int Runs = 3;
        using SweepFolder folder = Folder("2").With("own.json", "\"beta\": [0.1]", "\"beta\": [0.01, 0.1, 0.5]").With("own.json", "\"testPrompts\": 4", $"\"search\": {{ \"runs\": {Runs} }}, \"testPrompts\": 4");
        StoredSweep sweep = Searched();
        Assert.That(sweep.Search!.Rounds.Sum(round => round.Count), Is.EqualTo(Runs));
        Assert.That(sweep.Runs.Count(run => run.Point.IsAverage), Is.EqualTo(Runs));
        Assert.That(sweep.Runs.Select(run => Grid.Trained(run.Point).Slug).Distinct(), Is.EquivalentTo(sweep.Search.Rounds.SelectMany(round => round)));
        Assert.That(sweep.Missing, Is.Empty);
        Assert.That(Trainings(folder), Is.EqualTo(Runs));
        using Sweep stored = folder.Open();
        stored.Expect(Grid.Settings(folder.Load()));
        Assert.That(stored.State().Points.Select(point => point.Run), Is.All.Not.Null);
        Directory.Delete(sweep.Runs.First(run => run.Point.IsAverage).Folder, recursive: true);
        Assert.That(stored.State().Points.Count(point => point.Run == null), Is.EqualTo(1), "a run whose average is not stored is not done");

        StoredSweep Searched()
        {
            using Sweep searching = folder.Open();
            foreach (int number in Enumerable.Range(1, Runs))
                searching.Run(SweepSearch.Unknown(folder.Load(), number, Runs), CancellationToken.None);
            return searching.Collect(CancellationToken.None);
        }
    }

    [Test]
    public void Two_ranks_store_what_one_stores()
    {
        using SweepFolder one = Folder("2"), two = Folder("2");
        StoredSweep alone = RunAll(one, one.Options with { MicroBatch = 1 });
        StoredSweep?[] together = RanksInTurn.Run(2, rank =>
        {
            SweepOptions options = two.Options with { MicroBatch = 1, Ranks = rank };
            if (rank.Rank == 0)
                return RunAll(two, options);
            using var sweep = new Sweep(two.Load(), options, TimeProvider.System, _ => { });
            sweep.Follow(CancellationToken.None);
            return null;
        });
        Assert.That(together[0]!.Runs.Select(Result), Is.EqualTo(alone.Runs.Select(Result)));
    }

    private static SweepFolder Folder(string? averages = null)
    {
        SweepFolder folder = new SweepFolder().With("own.json", "\"batchSize\": 8, \"warmupRatio\": 0.1", "\"batchSize\": 3, \"warmupRatio\": 0.1");
        return averages == null ? folder : Averaged(folder, averages);
    }

    private static SweepFolder Averaged(SweepFolder folder, string averages) => folder.With("own.json", "\"warmupRatio\": 0.1", $"\"warmupRatio\": 0.1, \"averages\": [{averages}]");

    private static StoredSweep RunAll(SweepFolder folder, SweepOptions? options = null)
    {
        using var sweep = new Sweep(folder.Load(), options ?? folder.Options, TimeProvider.System, folder.Log.Add);
        foreach (GridPoint point in Grid.PreferencePoints(folder.Load()))
            try
            {
                sweep.Run(point, CancellationToken.None);
            }
            catch (NonFiniteLossException)
            {
                // the store says so
            }

        StoredSweep stored = sweep.Collect(CancellationToken.None);
        if (options is { Ranks.Ranks: > 1 })
            sweep.EndRanks();
        return stored;
    }

    private static int Trainings(SweepFolder folder) => folder.Log.Count(line => line.StartsWith("[DPO", StringComparison.Ordinal) && line.Contains("] train: all ", StringComparison.Ordinal));

    private static (string Id, string Samples) Result(StoredRun run) => (run.Id, File.ReadAllText(Path.Combine(run.Folder, "samples.jsonl")));
}
