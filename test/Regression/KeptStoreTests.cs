using Alignment.Recipes;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>What stays in a sweep's folder: what its recipes ask for, and where they say so the best weights alone.</summary>
[NonParallelizable]
public sealed class KeptStoreTests
{
    private static readonly (string, string) s_colder = ("\"temperature\": 1.0", "\"temperature\": 0.8");
    private static readonly (string, string) s_otherMethods = (
        "\"LN-DPO\": { \"beta\": [2.0] },\n    \"SimPO\": { \"beta\": [2.0], \"gammaBetaRatio\": [0.5] }", "\"LD-DPO\": { \"beta\": [0.1], \"alpha\": [0.5] }");

    private static readonly (string, string)[] s_best = [("\"beta\": [0.1]", "\"beta\": [0.1, 0.8]"), ("\"testPrompts\": 24", "\"testPrompts\": 24, \"keepWeights\": \"best\"")];

    [Test]
    public void What_no_recipe_names_any_more_is_listed_and_removed()
    {
        using MicroSweep micro = new(), fresh = new(s_colder, s_otherMethods);
        RunAll(micro);
        Assert.That(Prune.Find(micro.Folder), Is.Empty);

        // the same recipe at another temperature and with other methods: of SFT and DPO only the weights are still asked for
        micro.Edit(s_colder, s_otherMethods);
        RunAll(micro);
        IReadOnlyList<Unused> unused = Prune.Find(micro.Folder);
        Assert.That(unused.GroupBy(item => item.What).Select(group => $"{group.Count()} {group.Key}"), Is.EqualTo(new[] { "4 run", "2 weights", "4 responses" }));
        Assert.That(unused.Where(item => item.What == "weights").Select(item => item.Path), Has.All.Match("^weights/(LN-DPO|SimPO)-"));
        Assert.That(unused.Select(item => item.Bytes), Has.All.GreaterThan(1000));
        Assert.That(Directory.EnumerateFiles(Path.Combine(micro.Folder, "reference"), "*", SearchOption.AllDirectories), Has.One.Items, "LD-DPO reads that of the same start");
        Assert.That(Prune.Find(micro.Folder), Is.EqualTo(unused), "listing removes nothing");

        Assert.That(Prune.Remove(micro.Folder, unused, TimeProvider.System), Is.EqualTo(unused));
        RunAll(fresh);
        Assert.That(Names(micro), Is.EqualTo(Names(fresh)));
        micro.Log.Clear();
        RunAll(micro);
        Assert.That(micro.Log, Has.None.StartsWith("["), "every run that is asked for is still there");
    }

    [Test]
    public void Another_recipe_of_the_folder_keeps_its_runs_and_what_a_process_holds_is_not_removed()
    {
        using var micro = new MicroSweep(s_otherMethods);
        RunAll(micro);
        string other = Path.Combine(Path.GetDirectoryName(micro.Edited)!, "other.json");
        File.Copy(micro.Edited, other);
        using (Sweep sweep = new(RecipeFile.Load(other, "/"), micro.Options, TimeProvider.System, micro.Log.Add))
            sweep.Collect(CancellationToken.None);
        micro.Edit(s_otherMethods, s_colder);
        RunAll(micro);
        Assert.That(Prune.Find(micro.Folder), Is.Empty, "other.json asks for them");

        File.Delete(RecipeUse.All(micro.Folder).Single(use => use.Recipe == other).PathIn(micro.Folder));
        IReadOnlyList<Unused> unused = Prune.Find(micro.Folder);
        Unused run = unused.First(item => item.What == "run");
        using (RunLock.TryTake(Path.Combine(micro.Folder, "locks", run.Path + ".lock"), TimeProvider.System))
            Assert.That(unused.Except(Prune.Remove(micro.Folder, unused, TimeProvider.System)), Is.EqualTo(new[] { run }));
        Assert.That(Path.Combine(micro.Folder, run.Path), Does.Exist);
    }

    [Test]
    public void Reference_log_probs_of_a_start_that_no_recipe_names_go()
    {
        using var micro = new MicroSweep();
        RunAll(micro);
        micro.Edit(("\"learningRate\": [2e-3]", "\"learningRate\": [3e-3]"));
        RunAll(micro);
        Unused reference = Prune.Find(micro.Folder).Single(item => item.What == "reference log-probs");
        Assert.That(reference.Path, Does.Match("^reference/SFT-"));
        using (RunLock.TryTake(Path.Combine(micro.Folder, "locks", "reference.lock"), TimeProvider.System))
            Assert.That(Prune.Remove(micro.Folder, [reference], TimeProvider.System), Is.Empty, "a process computes some");
        Assert.That(Prune.Remove(micro.Folder, [reference], TimeProvider.System), Is.EqualTo(new[] { reference }));
        Assert.That(Directory.EnumerateDirectories(Path.Combine(micro.Folder, "reference")), Has.One.Items);
    }

    [Test]
    public void A_folder_whose_recipes_are_unknown_is_not_pruned()
    {
        using var micro = new MicroSweep();
        Directory.CreateDirectory(Path.Combine(micro.Folder, "DPO-b0.1-0123456789.work"));
        Assert.That(() => Prune.Find(micro.Folder), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{micro.Folder}: neither used/ nor sweep.json says what is asked for; run the recipe's sweep or its report once, then prune"));
    }

    [Test]
    public void The_best_weights_alone_are_kept_and_dropped_ones_are_trained_again_only_if_asked_for()
    {
        using MicroSweep micro = new(s_best), fresh = new([.. s_best, s_colder]);
        StoredRun[] dpo = [.. RunAll(micro).Where(run => run.Point.Method == "DPO").OrderByDescending(run => run.Summary.MeanScore.Value)];
        Assert.That(dpo.Select(IsThere), Is.EqualTo(new[] { true, false }));
        Assert.That(Directory.GetFiles(Weights(dpo[1])).Select(Path.GetFileName), Is.EquivalentTo(new[] { "dropped.txt", "steps.jsonl", "training.json" }));
        Assert.That(micro.Log, Has.One.Match($@"^\[{dpo[1].Point.Slug}\] weights dropped, 0\.\d MB: another DPO run scores higher$"));
        Assert.That(SweepFile.Read(micro.Folder).Runs.Where(run => run.Point.Method != "DPO").Append(SweepFile.Read(micro.Folder).Sft!).Select(IsThere), Has.All.True);

        micro.Log.Clear();
        RunAll(micro);
        Assert.That(micro.Log, Has.None.StartsWith("["), "a finished run does not need them");

        micro.Edit([.. s_best, s_colder]);
        using (Sweep sweep = micro.Open())
            Assert.That(() => sweep.Run(dpo[1].Point, CancellationToken.None), Throws.InvalidOperationException.With.Message.EqualTo(
                $"the weights of {dpo[1].Weights} were dropped to save room (\"keepWeights\": \"best\"), and new responses need them: -p:Retrain=true trains them again"));
        Assert.That(micro.Log, Has.None.Contains("train: step"));

        using Sweep again = micro.Open(micro.Options with { Retrain = true });
        StoredRun retrained = again.Run(dpo[1].Point, CancellationToken.None);
        Assert.That(micro.Log.Count(line => line.Contains("train: step", StringComparison.Ordinal)), Is.EqualTo(6));
        Assert.That(File.ReadAllText(Path.Combine(retrained.Folder, "samples.jsonl")),
            Is.EqualTo(File.ReadAllText(Path.Combine(RunAll(fresh).Single(run => run.Point.Slug == dpo[1].Point.Slug).Folder, "samples.jsonl"))));

        string Weights(StoredRun run) => Path.Combine(micro.Folder, "weights", run.Weights);
        bool IsThere(StoredRun run) => File.Exists(Path.Combine(Weights(run), "model.safetensors"));
    }

    private static IReadOnlyList<StoredRun> RunAll(MicroSweep micro)
    {
        using Sweep sweep = micro.Open();
        foreach (GridPoint point in micro.Points)
            sweep.Run(point, CancellationToken.None);
        return sweep.Collect(CancellationToken.None).Runs;
    }

    // lock files stay, and the file in used/ is named by the recipe's place
    private static IEnumerable<string> Names(MicroSweep micro) =>
        StoreFiles.Names(micro.Sweeps).Where(name => !name.StartsWith("micro/locks/", StringComparison.Ordinal) && !name.StartsWith("micro/used/", StringComparison.Ordinal));
}
