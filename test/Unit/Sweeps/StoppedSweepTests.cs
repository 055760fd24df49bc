using Alignment.Files;
using Alignment.Recipes;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>What a sweep makes of what another process, or an earlier one, has left.</summary>
[NonParallelizable]
public class StoppedSweepTests
{
    [Test]
    public void What_a_killed_process_left_is_told_and_a_report_leaves_the_recipe_beside_it()
    {
        using var folder = new SweepFolder();
        string part = Path.Combine(folder.Sweeps, "own", "DPO-1.work", "samples.jsonl" + AtomicFile.Partial);
        Directory.CreateDirectory(Path.GetDirectoryName(part)!);
        File.WriteAllText(part, "half");
        File.SetLastWriteTimeUtc(part, DateTime.UnixEpoch);
        using (Sweep sweep = folder.Open())
            sweep.Collect(CancellationToken.None);
        Assert.That(folder.Log[0], Is.EqualTo($"removed DPO-1.work/samples.jsonl{AtomicFile.Partial}, which a killed process left"));
        Assert.That(StoredRecipe.Read(Path.Combine(folder.Sweeps, "own"))!.Name, Is.EqualTo("own"));
        Assert.That(SweepFile.Read(Path.Combine(folder.Sweeps, "own")).Missing.Select(run => run.Point.Slug), Is.EqualTo(new[] { "DPO-b0.1-lr1e-3-e1" }));
    }

    [Test]
    public void An_SFT_run_whose_disk_was_full_is_tried_again_by_the_same_process()
    {
        using var folder = new SweepFolder();
        bool isFull = true;
        using var sweep = new Sweep(folder.Load(), folder.Options, TimeProvider.System, line =>
        {
            if (isFull && line.Contains("train: all", StringComparison.Ordinal))
                throw new IOException("no room");
        });
        Assert.That(() => sweep.SftWinner(CancellationToken.None), Throws.TypeOf<IOException>());
        isFull = false;
        Assert.That(sweep.SftWinner(CancellationToken.None).Point.Slug, Is.EqualTo("SFT-lr1e-3-e1"));
        Assert.That(Directory.GetFiles(Path.Combine(folder.Sweeps, "own", "used")), Has.Length.EqualTo(1), "what the recipe asks for is known from then on");
    }

    [Test]
    public void What_a_run_started_from_may_no_longer_be_the_winner_while_another_SFT_run_is_missing()
    {
        using SweepFolder folder = new();
        RunPoints(folder);
        folder.With("own.json", "\"sft\": { \"epochs\": [1], \"learningRate\": [1e-3]", "\"sft\": { \"epochs\": [1], \"learningRate\": [1e-3, 1e-6]");
        using Sweep sweep = folder.Open();
        Assert.That(sweep.Plan()[0], Does.StartWith("runs: 2 to do, 1 done"));
        folder.Log.Clear();
        Assert.That(sweep.Find(Grid.PreferencePoints(folder.Load())[0]), Is.EqualTo(((StoredRun?)null, (string?)null)));
        Assert.That(folder.Log, Is.Empty, "nothing is trained to tell it");
    }

    [Test]
    public void Weights_are_dropped_as_runs_end_and_of_runs_that_ended_before_it_was_asked_for_with_the_report()
    {
        const string Two = "\"preference\": { \"epochs\": [1], \"learningRate\": [1e-3, 5e-2]", One = "\"preference\": { \"epochs\": [1], \"learningRate\": [1e-3]";
        using SweepFolder during = new SweepFolder().With("own.json", One, Two).With("own.json", "\"testPrompts\": 4", "\"testPrompts\": 4, \"keepWeights\": \"best\""), later = new SweepFolder().With("own.json", One, Two);
        RunPoints(during);
        Assert.That(during.Log, Has.One.Contains("weights dropped"));
        RunPoints(later);
        Assert.That(later.Log, Has.None.Contains("weights dropped"));
        later.With("own.json", "\"testPrompts\": 4", "\"testPrompts\": 4, \"keepWeights\": \"best\"");
        using Sweep sweep = later.Open();
        sweep.Collect(CancellationToken.None);
        Assert.That(later.Log, Has.One.Contains("weights dropped"));
    }

    [Test]
    public void Of_a_search_that_was_not_begun_the_first_round_and_the_single_runs_are_missing()
    {
        using SweepFolder folder = new SweepFolder().With("own.json", "\"testPrompts\": 4", "\"search\": { \"runs\": 5 }, \"runs\": [ { \"method\": \"DPO\", \"beta\": 0.1, \"learningRate\": 1e-3, \"epochs\": 1, \"seed\": 9 } ], \"testPrompts\": 4")
            .With("own.json", "{ \"beta\": [0.1] }", "{ \"beta\": [0.01, 0.03, 0.1, 0.3, 0.5, 0.9] }");
        using Sweep sweep = folder.Open();
        StoredSweep stored = sweep.Collect(CancellationToken.None);
        Assert.That(sweep.State().Points, Has.Count.EqualTo(1 + 5 + 1), "SFT, the search's runs and the single one");
        Assert.That(stored.Missing.Select(run => run.Point.Slug), Is.EquivalentTo(stored.Search!.Rounds.Single().Append("DPO-b0.1-lr1e-3-e1-s9")));
        Assert.That(stored.Search.Rounds[0], Has.Count.EqualTo(2));
        Assert.That(stored.IsImported, Is.False, "though no run says where it was trained");
    }

    private static void RunPoints(SweepFolder folder)
    {
        using Sweep sweep = folder.Open();
        foreach (GridPoint point in Grid.PreferencePoints(folder.Load()))
            sweep.Run(point, CancellationToken.None);
    }
}
