using Alignment.Sweeps;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>What is cleaned away, in a folder that has the names of a store alone; <see cref="KeptStoreTests"/> has stores of sweeps.</summary>
public sealed class PruneTests
{
    private static readonly string[] s_unused =
    [
        "run: DPO-b", "run: DPO-c.failed.txt", "run: DPO-d.work", "gold model: gold-2", "gold model: gold-3.work", "judge's scores: judges/b.json", "weights: weights/w2.work",
        "responses: responses/s2.jsonl", "resampled pairs: resampled/r2", "reference log-probs: reference/w2",
    ];

    private TemporaryFolder _sweep = null!;

    [SetUp]
    public void Make()
    {
        _sweep = new();
        foreach (string name in new[]
        {
            "DPO-a/run.json", "DPO-a.diverged.txt", "DPO-b/run.json", "DPO-c.failed.txt", "DPO-d.work/deep/part", "notes/run.txt", "gold-1/part", "gold-2/part", "gold-3.work/part",
            "judges/a.json", "judges/b.json", "judges/note", "weights/w1/part", "weights/w2.work/part", "responses/s1.jsonl", "responses/s2.jsonl", "resampled/r1/part", "resampled/r2/part",
            "reference/w1/part", "reference/w2/part",
        })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_sweep.File(name))!);
            File.WriteAllText(_sweep.File(name), name);
        }
    }

    [TearDown]
    public void Remove() => _sweep.Dispose();

    [Test]
    public void What_one_recipe_asks_for_stays_and_the_rest_is_named_with_its_bytes()
    {
        Ask(new("/own.json", "gold-1", [new("DPO-a", "w1", "s1", "")]) { Judged = ["a.json"], Resampled = ["r1"] }, new("/other.json", null, []) { Judged = [] });
        IReadOnlyList<Unused> unused = Prune.Find(_sweep.Path);
        Assert.That(unused.Select(item => $"{item.What}: {item.Path}"), Is.EqualTo(s_unused));
        Assert.That(unused.Select(item => item.Bytes), Is.EqualTo(unused.Select(item => Directory.Exists(_sweep.File(item.Path))
            ? Directory.GetFiles(_sweep.File(item.Path), "*", SearchOption.AllDirectories).Sum(file => Path.GetRelativePath(_sweep.Path, file).Length) : item.Path.Length)));
    }

    [Test]
    public void Scores_of_judges_stay_where_a_recipe_does_not_tell_its_own()
    {
        Ask(new("/own.json", null, []) { Judged = [] }, new RecipeUse("/older.json", null, []));
        Assert.That(Prune.Find(_sweep.Path).Select(item => item.What), Has.None.EqualTo("judge's scores").And.Some.EqualTo("gold model"));
    }

    [Test]
    public void A_report_alone_tells_of_runs_weights_and_reference_passes()
    {
        File.WriteAllText(_sweep.File("sweep.json"), """{ "recipe": "own", "seed": 1, "command": "", "length_unit": "tokens", "sft": null, "sft_runs": [], "runs": [], "missing": [] }""");
        Assert.That(Prune.Find(_sweep.Path).Select(item => $"{item.What}: {item.Path}"), Is.EqualTo(new[]
        {
            "run: DPO-a", "run: DPO-a.diverged.txt", "run: DPO-b", "run: DPO-c.failed.txt", "run: DPO-d.work", "weights: weights/w1", "weights: weights/w2.work",
            "reference log-probs: reference/w1", "reference log-probs: reference/w2",
        }));
    }

    [Test]
    public void A_run_that_a_search_has_stopped_is_a_report_s_as_the_others_are()
    {
        var store = new RunStore(_sweep.Path, TimeProvider.System);
        StoredRun[] runs = [.. new[] { "SFT-1", "DPO-1", "DPO-2", "DPO-3" }.Select(id =>
        {
            using RunClaim claim = store.Claim(id, Assert.Fail, CancellationToken.None);
            store.Complete(claim, id, RunStoreTests.Summary(), RunStoreTests.Record(id));
            return store.Find(id)!;
        })];
        SweepFile.Write(new() { Recipe = "own", Folder = _sweep.Path, SftRuns = [runs[0]], Sft = runs[0], Runs = [runs[1]], Stopped = [new(runs[2], runs[1])], Missing = [], Seed = 1, Command = "" });
        Assert.That(Prune.Find(_sweep.Path).Where(item => item.What == "run").Select(item => item.Path),
            Is.EqualTo(new[] { "DPO-3", "DPO-a", "DPO-a.diverged.txt", "DPO-b", "DPO-c.failed.txt", "DPO-d.work" }));
    }

    [Test]
    public void Nothing_goes_that_is_held_by_its_lock()
    {
        Ask(new RecipeUse("/own.json", "gold-1", [new("DPO-a", "w1", "s1", "")]) { Judged = ["a.json"], Resampled = ["r1"] });
        IReadOnlyList<Unused> unused = Prune.Find(_sweep.Path);
        RunLock[] held = [.. new[] { "DPO-b", "DPO-c", "DPO-d", "gold-2", "gold-3", "b.json", "weights-w2", "responses-s2", "resampled-r2", "reference" }
            .Select(name => RunLock.TryTake(_sweep.File($"locks/{name}.lock"), TimeProvider.System)!)];
        Assert.That(Prune.Remove(_sweep.Path, unused, TimeProvider.System), Is.Empty);
        Assert.That(Prune.Find(_sweep.Path), Is.EqualTo(unused));
        foreach (RunLock one in held)
            one.Dispose();
        Assert.That(Prune.Remove(_sweep.Path, unused, TimeProvider.System), Is.EqualTo(unused));
        Assert.That(Prune.Find(_sweep.Path), Is.Empty);
        string[] asked = ["DPO-a/run.json", "DPO-a.diverged.txt", "gold-1/part", "judges/a.json", "weights/w1/part", "responses/s1.jsonl", "resampled/r1/part", "reference/w1/part"];
        Assert.That(asked.Select(_sweep.File).Where(path => !File.Exists(path)), Is.Empty);
    }

    private void Ask(params RecipeUse[] uses)
    {
        foreach (RecipeUse use in uses)
            use.Write(_sweep.Path);
    }
}
