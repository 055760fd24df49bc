using Alignment.Evaluation;
using Alignment.Recipes;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>Whose weights go where a recipe keeps the best ones alone: runs of which no more is there than a score and a file.</summary>
public sealed class KeptWeightsTests
{
    private readonly TemporaryFolder _sweep = new();

    [OneTimeTearDown]
    public void Remove() => _sweep.Dispose();

    [Test]
    public void Of_each_method_the_best_run_keeps_its_weights_and_with_it_what_others_ask_for_or_hold()
    {
        StoredRun[] runs =
        [
            Run("DPO-1", "DPO", 1), Run("DPO-2", "DPO", 3), Run("DPO-3", "DPO", 2), Run("IPO-1", "IPO", -1), Run("DPO-4", "DPO", 0, onPolicy: true),
            Run("DPO-5", "DPO", 0), Run("DPO-6", "DPO", 0), Run("DPO-7", "DPO", 0),
        ];
        RecipeUse other = new("/other.json", null, [new("", "DPO-5", "", "")]);
        var store = new WeightStore(_sweep.Path, TimeProvider.System);
        store.Drop("DPO-7", "before");
        using (store.TryTake("DPO-6"))
            Assert.That(KeptWeights.DropOthers(runs, [], store, [other]), Is.EqualTo(new[]
            {
                "[DPO-1] weights dropped, 0.1 MB: another DPO run scores higher", "[DPO-3] weights dropped, 0.1 MB: another DPO run scores higher",
            }));
        Assert.That(Kept(runs), Is.EqualTo(new[] { "DPO-2", "IPO-1", "DPO-4", "DPO-5", "DPO-6" }));
        Assert.That(File.ReadAllText(Path.Combine(store.Folder("DPO-1"), "dropped.txt")), Is.EqualTo("another run of its method scores higher, and the recipe says \"keepWeights\": \"best\"\n"));
    }

    [Test]
    public void Runs_that_a_search_has_stopped_lose_theirs_where_their_method_has_another()
    {
        StoredRun[] runs = [Run("IPO-2", "IPO", 1), Run("AOT-1", "AOT", 5)], behind = [Run("IPO-3", "IPO", 9), Run("RSO-1", "RSO", 9), Run("AOT-2", "AOT", 9)];
        Assert.That(KeptWeights.DropOthers(runs, behind, new(_sweep.Path, TimeProvider.System), []).Select(line => line[..line.IndexOf(' ')]), Is.EqualTo(new[] { "[IPO-3]", "[AOT-2]" }));
        Assert.That(Kept(runs.Concat(behind)), Is.EqualTo(new[] { "IPO-2", "AOT-1", "RSO-1" }));
    }

    private IEnumerable<string> Kept(IEnumerable<StoredRun> runs) => runs.Where(run => File.Exists(Path.Combine(_sweep.Path, "weights", run.Weights, "model.safetensors"))).Select(run => run.Weights);

    private StoredRun Run(string name, string method, double score, bool onPolicy = false)
    {
        string folder = Path.Combine(_sweep.Path, "weights", name);
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, "model.safetensors"), new byte[100_000]);
        var of = new Estimate(score, score, score);
        var summary = new RunSummary { Samples = 1, MeanScore = of, MeanLength = of, MeanKl = of, MeanKlPerToken = of, WinVsChosen = of, WinVsSft = of };
        return new(name, new GridPoint(method, name, []) { OnPolicy = onPolicy }, summary, null!, "") { Weights = name };
    }
}
