using Alignment.Kernels.Native;
using Alignment.Recipes;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>A sweep stage by stage, as a cluster's jobs ask for it: each a process of its own.</summary>
[NonParallelizable]
public class SweepStageTests
{
    private const string Dpo = "DPO-b0.1-lr1e-3-e1", Sft = "SFT-lr1e-3-e1";

    [Test]
    public void Each_stage_leaves_what_the_next_one_starts_from_and_all_of_them_what_one_process_leaves()
    {
        using SweepFolder whole = new(), staged = new();
        StoredRun alone;
        using (Sweep sweep = whole.Open())
            alone = sweep.Run(Point(whole), CancellationToken.None);

        Assert.That(States(staged), Is.EqualTo(new[] { $"{Sft}: open", $"{Dpo}: open" }));
        foreach (Action<Sweep> early in new Action<Sweep>[] { sweep => sweep.StoredWinner(), sweep => sweep.PrepareReference(CancellationToken.None), sweep => sweep.RunAlone(Point(staged), CancellationToken.None) })
            Assert.That(() => In(staged, early), Throws.InvalidOperationException.With.Message.EqualTo($"what preference runs start from is not stored:\n{Sft}: not run yet"));
        Assert.That(staged.Log, Has.None.StartsWith("["), "and nothing is run");

        In(staged, sweep => sweep.PrepareJudges(CancellationToken.None));
        Assert.That(Files(staged, "judges"), Has.Length.EqualTo(1));
        In(staged, sweep => sweep.RunAlone(Grid.SftPoints(staged.Load())[0], CancellationToken.None));
        Assert.That(States(staged), Is.EqualTo(new[] { $"{Sft}: stored", $"{Dpo}: open" }));
        In(staged, sweep => Assert.That(sweep.StoredWinner().Point.Slug, Is.EqualTo(Sft)));

        In(staged, sweep => sweep.PrepareReference(CancellationToken.None));
        string reference = Files(staged, "reference").Single();
        File.SetLastWriteTimeUtc(reference, DateTime.UnixEpoch);
        In(staged, sweep => Assert.That(sweep.RunAlone(Point(staged), CancellationToken.None).Id, Is.EqualTo(alone.Id)));
        Assert.That(File.GetLastWriteTimeUtc(reference), Is.EqualTo(DateTime.UnixEpoch), "it was read");
        Assert.That(States(staged), Is.EqualTo(new[] { $"{Sft}: stored", $"{Dpo}: stored" }));
        Assert.That(File.ReadAllText(Path.Combine(staged.Sweeps, "own", alone.Id, "samples.jsonl")), Is.EqualTo(File.ReadAllText(Path.Combine(alone.Folder, "samples.jsonl"))));
    }

    [Test]
    public void Who_works_on_a_point_and_why_it_failed_are_told()
    {
        using SweepFolder folder = new();
        string sft = In(folder, sweep => sweep.SftWinner(CancellationToken.None)).Id, dpo = In(folder, sweep => sweep.Run(Point(folder), CancellationToken.None)).Id;
        var store = new RunStore(Path.Combine(folder.Sweeps, "own"), TimeProvider.System);
        Assert.That(In(folder, sweep => sweep.Find(Point(folder))).Run!.Id, Is.EqualTo(dpo));
        Directory.Delete(Path.Combine(store.Folder, dpo), recursive: true);
        Assert.That(In(folder, sweep => sweep.Find(Point(folder))), Is.EqualTo(((StoredRun?)null, (string?)null)));
        store.Fail(dpo, "the disk is full");
        using (RunClaim held = store.TryClaim(dpo)!)
            Assert.That(States(folder), Is.EqualTo(new[] { $"{Sft}: stored", $"{Dpo}: the disk is full, process {Environment.ProcessId}" }));
        Assert.That(States(folder)[1], Is.EqualTo($"{Dpo}: the disk is full"));
        Assert.That(In(folder, sweep => sweep.Find(Point(folder))), Is.EqualTo(((StoredRun?)null, (string?)"the disk is full")));

        // nothing is known of a preference run whose start is not there, and the start says why
        Directory.Delete(Path.Combine(store.Folder, sft), recursive: true);
        store.Fail(sft, "no memory");
        Assert.That(In(folder, sweep => sweep.Find(Point(folder))), Is.EqualTo(((StoredRun?)null, (string?)null)));
        Assert.That(In(folder, sweep => sweep.Find(Grid.SftPoints(folder.Load())[0])), Is.EqualTo(((StoredRun?)null, (string?)"no memory")));
        Assert.That(() => In(folder, sweep => sweep.StoredWinner()), Throws.InvalidOperationException.With.Message.EndsWith($"\n{Sft}: no memory"));
        Assert.That(States(folder), Is.EqualTo(new[] { $"{Sft}: no memory", $"{Dpo}: open" }));
    }

    [Test]
    public void While_another_process_runs_an_SFT_point_this_one_runs_the_others_and_methods_start_from_the_best()
    {
        const string One = "\"sft\": { \"epochs\": [1], \"learningRate\": [1e-3]", Three = "\"sft\": { \"epochs\": [1], \"learningRate\": [1e-3, 3e-2, 1e-4]";
        using SweepFolder free = new SweepFolder().With("own.json", One, Three), held = new SweepFolder().With("own.json", One, Three);
        StoredSweep sweep = In(free, open => open.Collect(CancellationToken.None));
        Assert.That(sweep.SftRuns.Select(run => run.Point.Slug), Is.EqualTo(Grid.SftPoints(free.Load()).Select(point => point.Slug)));
        Assert.That(sweep.Sft!.Id, Is.EqualTo(sweep.SftRuns.MaxBy(run => run.Summary.MeanScore.Value)!.Id));
        Assert.That(sweep.Missing.Select(missing => (missing.Point.Slug, missing.Error)), Is.EqualTo(new[] { (Dpo, (string?)null) }));
        StoredRun dpo = In(free, open => open.Run(Point(free), CancellationToken.None));
        Assert.That(dpo.Samples().Select(row => row.SftScore), Is.EqualTo(sweep.Sft.Samples().Select(row => row.Score)));

        RunLock other = RunLock.TryTake(Path.Combine(held.Sweeps, "own", "locks", sweep.SftRuns[0].Id + ".lock"), TimeProvider.System)!;
        using var waiting = new Sweep(held.Load(), held.Options, TimeProvider.System, line =>
        {
            held.Log.Add(line);
            if (line.Contains("waiting", StringComparison.Ordinal))
                other.Dispose();
        });
        waiting.Run(Grid.SftPoints(held.Load())[0], CancellationToken.None);
        string[] slugs = [.. Grid.SftPoints(held.Load()).Select(point => point.Slug)];
        Assert.That(held.Log.Where(line => line.StartsWith("run ", StringComparison.Ordinal) || line.Contains("waiting", StringComparison.Ordinal)).Select(line => line[..(line.IndexOf("] waiting", StringComparison.Ordinal) is > 0 and var at ? at : line.IndexOf(" trains", StringComparison.Ordinal))]),
            Is.EqualTo(new[] { $"run 1 of 4: {slugs[1]}", $"run 2 of 4: {slugs[2]}", $"[{slugs[0]}", $"run 3 of 4: {slugs[0]}" }));
    }

    [Test]
    public void A_run_that_was_stopped_has_not_failed_and_one_that_diverged_is_not_tried_twice_by_a_process()
    {
        using SweepFolder stopped = new(), hot = new SweepFolder().With("own.json", "\"sft\": { \"epochs\": [1], \"learningRate\": [1e-3]", "\"sft\": { \"epochs\": [1], \"learningRate\": [1e30]");
        using var stop = new CancellationTokenSource();
        using (var sweep = new Sweep(stopped.Load(), stopped.Options, TimeProvider.System, line =>
        {
            if (line.Contains("train: step", StringComparison.Ordinal))
                stop.Cancel();
        }))
            Assert.That(() => sweep.SftWinner(stop.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(Directory.EnumerateFiles(Path.Combine(stopped.Sweeps, "own"), "*.txt"), Is.Empty);
        Assert.That(States(stopped)[0], Is.EqualTo($"{Sft}: open"));

        using Sweep diverging = hot.Open();
        string? told = null;
        foreach (int _ in new[] { 1, 2 })
            told = Assert.Throws<Alignment.Training.NonFiniteLossException>(() => diverging.SftWinner(CancellationToken.None))!.Message;
        Assert.That(hot.Log.Count(line => line.StartsWith("run 1 of 2", StringComparison.Ordinal)), Is.EqualTo(1));
        string file = Directory.EnumerateFiles(Path.Combine(hot.Sweeps, "own"), "*.txt").Single();
        Assert.That((Path.GetFileName(file), File.ReadAllText(file)), Is.EqualTo((Path.GetFileName(file).Replace(".failed", ".diverged", StringComparison.Ordinal), told)));
        Assert.That(file, Does.EndWith(".diverged.txt"));
    }

    [Test]
    public void A_run_that_failed_says_why_and_is_tried_again()
    {
        using SweepFolder folder = new();
        using Sweep sweep = folder.Open();
        StoredRun sft = sweep.SftWinner(CancellationToken.None);
        string weights = Path.Combine(sft.Folder, "..", "weights", sft.Weights, "model.safetensors");
        byte[] whole = File.ReadAllBytes(weights);
        File.WriteAllBytes(weights, whole[..100]);
        Assert.That(() => sweep.Run(Point(folder), CancellationToken.None), Throws.InstanceOf<Exception>());
        string failed = Directory.EnumerateFiles(Path.Combine(folder.Sweeps, "own"), $"{Dpo}-*.failed.txt").Single();
        Assert.That(States(folder)[1], Is.EqualTo($"{Dpo}: {File.ReadAllText(failed)}"));
        Assert.That(sweep.Collect(CancellationToken.None).Missing.Single().Error, Is.EqualTo(File.ReadAllText(failed)));
        File.WriteAllBytes(weights, whole);
        sweep.Run(Point(folder), CancellationToken.None);
        Assert.That(failed, Does.Not.Exist);
    }

    [Test]
    public void Single_runs_come_after_the_rounds_of_a_search()
    {
        using SweepFolder folder = new SweepFolder().With("own.json", "\"testPrompts\": 4", "\"search\": { \"runs\": 5 }, \"runs\": [ { \"method\": \"DPO\", \"beta\": 0.1, \"learningRate\": 1e-3, \"epochs\": 1, \"seed\": 9 } ], \"testPrompts\": 4")
            .With("own.json", "{ \"beta\": [0.1] }", "{ \"beta\": [0.01, 0.03, 0.1, 0.3, 0.5, 0.9] }");
        Assert.That(Sweep.Rounds(folder.Load()).Select(round => string.Join(", ", round.Select(point => point.Slug))),
            Is.EqualTo(new[] { "run 1 of 5, run 2 of 5", "run 3 of 5, run 4 of 5, run 5 of 5", "DPO-b0.1-lr1e-3-e1-s9" }));
        using var grid = new SweepFolder();
        Assert.That(Sweep.Rounds(grid.Load()).Single().Select(point => point.Slug), Is.EqualTo(new[] { Dpo }));
    }

    // of the whole process; a device that every machine has stands for one that is not the CPU
    [Test]
    public void Whoever_opens_a_sweep_tells_libtorch_how_to_compute_and_off_the_CPU_reads_why_it_refuses()
    {
        (bool, bool, bool) before = (RefusalText.IsRead, Arithmetic.Tf32, Arithmetic.Deterministic);
        using SweepFolder folder = new();
        RefusalText.IsRead = false;
        try
        {
            foreach ((string device, bool tf32, bool isRead) in new[] { ("cpu", false, false), ("meta", true, true), ("cpu", false, true), ("meta", true, true) })
            {
                using var sweep = new Sweep(folder.Load(), folder.Options with { Device = device, Tf32 = tf32 }, TimeProvider.System, folder.Log.Add);
                Assert.That((RefusalText.IsRead, Arithmetic.Tf32), Is.EqualTo((isRead, tf32)), device);
            }
        }
        finally
        {
            (RefusalText.IsRead, Arithmetic.Tf32, Arithmetic.Deterministic) = before;
        }
    }

    // once for the test set's pairs, then for each run's responses; of the one that chooses pairs for those
    [TestCase(true, false, 1), TestCase(false, false, 3), TestCase(true, true, 2), TestCase(false, true, 5)]
    public void A_judge_that_does_not_fit_beside_the_policy_is_closed_before_it_is_there(bool fits, bool isRound, int opened)
    {
        using SweepFolder folder = isRound ? ResampleSweepTests.Folder() : new();
        using var sweep = new Sweep(folder.Load(), fits ? folder.Options : folder.CrowdedOptions(), TimeProvider.System, folder.Log.Add);
        sweep.Run(Grid.PreferencePoints(folder.Load())[^1], CancellationToken.None);
        Assert.That(folder.Log.Count(line => line.Contains("gold model: template ", StringComparison.Ordinal)), Is.EqualTo(opened));
    }

    private static GridPoint Point(SweepFolder folder) => Grid.PreferencePoints(folder.Load())[0];

    private static string[] Files(SweepFolder folder, string part) => Directory.GetFiles(Path.Combine(folder.Sweeps, "own", part), "*", SearchOption.AllDirectories);

    private static string[] States(SweepFolder folder) => In(folder, sweep => sweep.State() is var state
        ? state.Points.Select(at => $"{at.Point.Slug}: {(state.IsStored(at.Point) && at.Run != null ? "stored" : at.Error ?? "open")}{(at.Holder is { } holder ? $", {holder[..holder.IndexOf(" on ", StringComparison.Ordinal)]}" : "")}").ToArray() : []);

    private static void In(SweepFolder folder, Action<Sweep> stage) => In<object?>(folder, sweep =>
    {
        stage(sweep);
        return null;
    });

    private static T In<T>(SweepFolder folder, Func<Sweep, T> stage)
    {
        using Sweep sweep = folder.Open();
        return stage(sweep);
    }
}
