using Alignment.Recipes;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>What is stored is used again, whatever recipe asks for it, and goes when nobody does: small sweeps; test/Regression has those of the micro recipe.</summary>
[NonParallelizable]
public class KeptStoreTests
{
    private const string Warm = "\"temperature\": 1.0", Cold = "\"temperature\": 0.8";

    [Test]
    public void Of_a_method_the_best_weights_alone_are_kept_and_dropped_ones_are_trained_again_only_if_asked_for()
    {
        using SweepFolder folder = new SweepFolder().With("own.json", "\"preference\": { \"epochs\": [1], \"learningRate\": [1e-3]", "\"preference\": { \"epochs\": [1], \"learningRate\": [1e-3, 5e-2]").With("own.json", "\"testPrompts\": 4", "\"testPrompts\": 4, \"keepWeights\": \"best\"");
        StoredSweep sweep = RunAll(folder);
        StoredRun worse = sweep.Runs.MinBy(run => run.Summary.MeanScore.Value)!, better = sweep.Runs.Single(run => run != worse);
        string Weights(StoredRun run) => Path.Combine(sweep.Folder, "weights", run.Weights);
        Assert.That(Directory.GetFiles(Weights(worse)).Select(Path.GetFileName), Is.EquivalentTo(new[] { "dropped.txt", "steps.jsonl", "training.json" }));
        Assert.That(File.ReadAllText(Path.Combine(Weights(worse), "dropped.txt")), Is.EqualTo("another run of its method scores higher, and the recipe says \"keepWeights\": \"best\"\n"));
        Assert.That(new[] { better, sweep.Sft! }.Select(run => File.Exists(Path.Combine(Weights(run), "model.safetensors"))), Is.All.True);
        Assert.That(folder.Log, Has.One.Match($@"^\[{worse.Point.Slug}\] weights dropped, 0\.\d MB: another DPO run scores higher$"));
        RunAll(folder);
        Assert.That(folder.Log, Has.None.StartsWith("["), "a finished run does not need them");

        folder.With("own.json", Warm, Cold);
        using (Sweep again = folder.Open())
            Assert.That(() => again.Run(worse.Point, CancellationToken.None), Throws.InvalidOperationException.With.Message.EqualTo(
                $"the weights of {worse.Weights} were dropped to save room (\"keepWeights\": \"best\"), and new responses need them: -p:Retrain=true trains them again"));
        folder.Log.Clear();
        using (Sweep again = new(folder.Load(), folder.Options with { Retrain = true }, TimeProvider.System, folder.Log.Add))
            Assert.That(again.Run(worse.Point, CancellationToken.None).Weights, Is.EqualTo(worse.Weights));
        Assert.That(folder.Log, Has.Some.Contains("train: step").And.None.Contains("waiting"));
    }

    [TestCase("\"folder\": \"model\"")]
    [TestCase("\"folder\": \"model\", \"lora\": { \"rank\": 2, \"alpha\": 4, \"targets\": [\"o_proj\"] }")]
    public void A_recipe_of_another_name_takes_over_models_and_responses(string policy)
    {
        using SweepFolder folder = new SweepFolder().With("own.json", "\"folder\": \"model\"", policy);
        StoredSweep first = RunAll(folder);
        folder.With("own.json", "\"name\": \"own\"", "\"name\": \"other\"");
        StoredSweep other = RunAll(folder);
        Assert.That(Samples(other), Is.EqualTo(Samples(first)));
        foreach (string slug in new[] { "SFT-lr1e-3-e1", "DPO-b0.1-lr1e-3-e1" })
            Assert.That(folder.Log, Has.Some.EqualTo($"[{slug}] weights: those of sweep own, nothing is trained").And.Some.EqualTo($"[{slug}] generate: goes on from the responses of sweep own")
                .And.Some.EqualTo($"[{slug}] generate: 4 of 4 responses are stored"));
        Assert.That(folder.Log, Has.None.Contains("train: step"));
        Directory.Delete(first.Folder, recursive: true);
        folder.With("own.json", Warm, Cold);
        StoredSweep cold = RunAll(folder);
        Assert.That(folder.Log, Has.None.Contains("train: step").And.Some.EqualTo("[DPO-b0.1-lr1e-3-e1] weights: stored, nothing is trained"), "they stand in the second folder, too");
        foreach (string config in Directory.EnumerateFiles(cold.Folder, "adapter_config.json", SearchOption.AllDirectories))
            Assert.That(File.ReadAllText(config), Does.Contain($"\"{Path.Combine(folder.Sweeps, "other", "weights", cold.Sft!.Weights)}\""));
    }

    [Test]
    public void Of_another_sweep_nothing_is_taken_that_a_process_holds_or_that_was_dropped()
    {
        using var folder = new SweepFolder();
        StoredSweep first = RunAll(folder);
        var others = new OtherSweeps(Path.Combine(folder.Sweeps, "new"));
        string name = first.Runs[0].Weights, part = Path.Combine("weights", name), to = folder.PathOf("taken");
        var weights = new WeightStore(first.Folder, TimeProvider.System);
        using (weights.TryTake(name))
            Assert.That(others.TakeFolder(part, WeightStore.LockOf(name), to), Is.Null);
        Assert.That(others.TakeFolder(Path.Combine("weights", "none"), WeightStore.LockOf("none"), to), Is.Null);
        Directory.CreateDirectory(Path.Combine(to, "old"));
        Assert.That(others.TakeFolder(part, WeightStore.LockOf(name), to), Is.EqualTo("own"));
        Assert.That(Directory.EnumerateFileSystemEntries(to).Select(Path.GetFileName), Is.EquivalentTo(Directory.EnumerateFileSystemEntries(weights.Folder(name)).Select(Path.GetFileName)), "what stood there is gone");
        Assert.That(new OtherSweeps(first.Folder).TakeFolder(part, WeightStore.LockOf(name), to), Is.Null, "its own are no other's");

        weights.Drop(name, "no room");
        Assert.That((weights.Has(name), weights.WereDropped(name), weights.Has("none")), Is.EqualTo((false, true, false)));
        Assert.That(others.TakeFolder(part, WeightStore.LockOf(name), to), Is.Null);
        string responses = Path.Combine("responses", Path.GetFileName(Directory.EnumerateFiles(Path.Combine(first.Folder, "responses")).First()));
        foreach ((string other, string text) in new[] { ("z", "last"), ("a", "first") })
        {
            Directory.CreateDirectory(Path.Combine(folder.Sweeps, other, "responses"));
            File.WriteAllText(Path.Combine(folder.Sweeps, other, "responses", "both.jsonl"), text);
        }

        Assert.That(others.TakeFile("responses/both.jsonl"), Is.EqualTo("a"), "by name");
        using (new FileStream(Path.Combine(first.Folder, responses), FileMode.Open, FileAccess.ReadWrite, FileShare.Read)) // whoever samples into it goes on
            Assert.That(others.TakeFile(responses), Is.EqualTo("own"));
        Assert.That(others.TakeFile(responses), Is.Null, "it is there by now");
        Assert.That(File.ReadAllText(folder.PathOf(Path.Combine("sweeps", "new", responses))), Is.EqualTo(File.ReadAllText(Path.Combine(first.Folder, responses))));
        Assert.That(others.TakeFile(Path.Combine("responses", "none.jsonl")), Is.Null);
    }

    // whoever saved it was killed before it got its name
    [Test]
    public void A_model_that_was_saved_in_part_is_saved_anew()
    {
        using var folder = new SweepFolder();
        StoredRun first = RunAll(folder).Runs[0];
        string weights = Path.Combine(folder.Sweeps, "own", "weights", first.Weights), saved = Path.Combine(weights + RunStore.Work, "model");
        string[] made = Files(weights);
        byte[] model = File.ReadAllBytes(Path.Combine(weights, "model.safetensors"));
        Directory.Delete(first.Folder, recursive: true);
        Directory.Delete(weights, recursive: true);
        Directory.CreateDirectory(saved);
        foreach (string name in new[] { "steps.jsonl", "part" })
            File.WriteAllText(Path.Combine(saved, name), "old");
        Assert.That(RunAll(folder).Runs[0].Id, Is.EqualTo(first.Id));
        Assert.That(Files(weights), Is.EqualTo(made));
        Assert.That(File.ReadAllBytes(Path.Combine(weights, "model.safetensors")), Is.EqualTo(model));
        Assert.That(Path.GetDirectoryName(saved), Does.Not.Exist);

        static string[] Files(string folder) => [.. Directory.GetFiles(folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];
    }

    [Test]
    public void What_no_recipe_names_any_more_is_listed_and_removed_but_for_what_a_process_holds()
    {
        using var folder = new SweepFolder();
        StoredSweep first = RunAll(folder);
        Assert.That(Prune.Find(first.Folder), Is.Empty);
        // a newer text of the recipe asks for other weights after SFT, and for other responses of all
        folder.With("own.json", Warm, Cold).With("own.json", "{ \"beta\": [0.1] }", "{ \"beta\": [0.4] }");
        RunAll(folder);
        foreach ((string name, string text) in new[] { ("DPO-x-0123456789.failed.txt", "no memory"), ("DPO-y-0123456789.diverged.txt", "NaN"), ("gold-0123456789/model", ""), ("DPO-z-0123456789.work/part", "1"),
            ("gold-0123456789.work/training/part", "12"), ("weights/old.work/part", "123"), ("reference/old/part", "1234"), ("judges/0123456789.json", "{}"), ("judges/note", ""), ("report.html", "") })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(first.Folder, name))!);
            File.WriteAllText(Path.Combine(first.Folder, name), text);
        }

        string dpo = first.Runs[0].Id, weights = first.Runs[0].Weights, sft = first.Sft!.Id;
        IReadOnlyList<Unused> unused = Prune.Find(first.Folder);
        Assert.That(unused.Select(item => $"{item.What}: {item.Path}").Where(line => !line.StartsWith("responses", StringComparison.Ordinal)), Is.EquivalentTo(new[]
        {
            $"run: {dpo}", $"run: {sft}", "run: DPO-x-0123456789.failed.txt", "run: DPO-y-0123456789.diverged.txt", "run: DPO-z-0123456789.work", "gold model: gold-0123456789", "gold model: gold-0123456789.work",
            "judge's scores: judges/0123456789.json", $"weights: weights/{weights}", "weights: weights/old.work", "reference log-probs: reference/old",
        }));
        Assert.That(unused.Where(item => item.What == "responses").Select(item => item.Path), Has.Exactly(2).Items.And.All.Match(@"^responses/(SFT|DPO-b0\.1)-.*\.jsonl$"));
        Assert.That(unused.Where(item => item.Path.EndsWith("work", StringComparison.Ordinal) || item.Path.EndsWith("old", StringComparison.Ordinal)).Select(item => item.Bytes), Is.EquivalentTo(new[] { 1, 2, 3, 4 }));
        Assert.That(unused.Single(item => item.Path == "DPO-x-0123456789.failed.txt").Bytes, Is.EqualTo(9));
        Assert.That(unused.Single(item => item.Path == dpo).Bytes, Is.EqualTo(new DirectoryInfo(first.Runs[0].Folder).EnumerateFiles().Sum(file => file.Length)), "its link to weights takes nothing");

        Assert.That(unused.GroupBy(item => item.What).Select(of => of.Select(item => item.Path)), Is.All.Ordered.Using<string>(StringComparer.Ordinal));

        string responses = unused.First(item => item.What == "responses").Path;
        string[] locks = [dpo, $"weights-{weights}", $"responses-{Path.GetFileNameWithoutExtension(responses)}", "reference", "DPO-x-0123456789", "gold-0123456789"];
        string[] held = [dpo, $"weights/{weights}", responses, "reference/old", "DPO-x-0123456789.failed.txt", "gold-0123456789", "gold-0123456789.work"];
        RunLock[] taken = [.. locks.Select(name => RunLock.TryTake(Path.Combine(first.Folder, "locks", name + ".lock"), TimeProvider.System)!)];
        Assert.That(unused.Except(Prune.Remove(first.Folder, unused, TimeProvider.System)).Select(item => item.Path), Is.EquivalentTo(held));
        foreach (RunLock one in taken)
            one.Dispose();
        Assert.That(Prune.Find(first.Folder).Select(item => item.Path), Is.EquivalentTo(held));
        Prune.Remove(first.Folder, Prune.Find(first.Folder), TimeProvider.System);
        Assert.That(Prune.Find(first.Folder), Is.Empty);
        Assert.That(Path.Combine(first.Folder, "report.html"), Does.Exist);
        RunAll(folder);
        Assert.That(folder.Log, Has.None.StartsWith("["), "every run that is asked for is still there");
    }

    [Test]
    public void A_folder_of_which_nothing_says_what_is_asked_for_is_not_pruned_and_one_with_a_report_alone_keeps_what_it_shows()
    {
        using var folder = new SweepFolder();
        StoredSweep sweep = RunAll(folder);
        Directory.Delete(Path.Combine(sweep.Folder, "used"), recursive: true);
        Assert.That(Prune.Find(sweep.Folder), Is.Empty, "judges, responses and gold models are not told by a report");
        File.Delete(Path.Combine(sweep.Folder, "sweep.json"));
        Assert.That(() => Prune.Find(sweep.Folder), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{sweep.Folder}: neither used/ nor sweep.json says what is asked for; run the recipe's sweep or its report once, then prune"));
    }

    [Test]
    public void What_one_of_two_recipes_asks_for_stays()
    {
        using var folder = new SweepFolder();
        StoredSweep sweep = RunAll(folder);
        RecipeUse own = RecipeUse.All(sweep.Folder).Single();
        (own with { Recipe = "/elsewhere/own.json", Names = [], Judged = ["none.json"], Gold = "gold-1" }).Write(sweep.Folder);
        Directory.CreateDirectory(Path.Combine(sweep.Folder, "gold-1"));
        Assert.That(Prune.Find(sweep.Folder), Is.Empty);
        Directory.CreateDirectory(Path.Combine(sweep.Folder, "gold-2"));
        Assert.That(Prune.Find(sweep.Folder).Select(item => item.Path), Is.EqualTo(new[] { "gold-2" }));
    }

    private static StoredSweep RunAll(SweepFolder folder)
    {
        folder.Log.Clear();
        using Sweep sweep = folder.Open();
        foreach (GridPoint point in Grid.PreferencePoints(folder.Load()))
            sweep.Run(point, CancellationToken.None);
        return sweep.Collect(CancellationToken.None);
    }

    private static string[] Samples(StoredSweep sweep) => [.. sweep.SftRuns.Concat(sweep.Runs).Select(run => File.ReadAllText(Path.Combine(run.Folder, "samples.jsonl")))];
}
