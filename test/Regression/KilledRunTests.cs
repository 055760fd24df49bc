using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>A process killed with SIGKILL at any moment of a sweep goes on the next time and ends with the bits of an undisturbed one.</summary>
[NonParallelizable]
public sealed class KilledRunTests
{
    private readonly string _root = Directory.CreateTempSubdirectory("killed-run").FullName;

    [OneTimeSetUp]
    public void RunUndisturbed() => Assert.That(ChildProcess.Run(MicroSweep.RecipePath, Sweeps("undisturbed")).Ended);

    [OneTimeTearDown]
    public void Clean() => Directory.Delete(_root, recursive: true);

    [TestCase("[SFT-lr2e-3-e1] train: step 1/6", TestName = "in the first step of SFT")]
    [TestCase("[DPO-b0.1-lr1e-3-e1] train: step 3/6", TestName = "in training, after a checkpoint")]
    [TestCase("[LN-DPO-b2.0-lr1e-3-e1] train: step 6/6", TestName = "between training and generation")]
    [TestCase("[SimPO-b2.0-r0.5-lr1e-3-e1] generate: 12/24", TestName = "in generation")]
    [TestCase("[DPO-b0.1-lr1e-3-e1] storing", TestName = "while the run is renamed into place")]
    [TestCase("[SimPO-b2.0-r0.5-lr1e-3-e1] stored", TestName = "after the last rename")]
    public void A_sweep_killed_goes_on_and_ends_with_the_same_bits(string marker)
    {
        string sweeps = Sweeps(marker);
        (IReadOnlyList<string> lines, bool _) = ChildProcess.Run(MicroSweep.RecipePath, sweeps, marker);
        Assert.That(lines, Has.Some.Contains(marker), "the marker was printed, so the kill came there");
        Assert.That(ChildProcess.Run(MicroSweep.RecipePath, sweeps).Ended, "the second process finishes the sweep");
        Assert.That(StoreFiles.Results(sweeps), Is.EqualTo(StoreFiles.Results(Sweeps("undisturbed"))));
    }

    [Test]
    public void A_sweep_killed_again_and_again_comes_to_its_end()
    {
        string sweeps = Sweeps("again");
        int kills = 0;
        // each process gets a little further: SFT, then method after method
        while (!ChildProcess.Run(MicroSweep.RecipePath, sweeps, "train: step", occurrence: 5).Ended)
            Assert.That(++kills, Is.LessThan(20));
        Assert.That(kills, Is.GreaterThanOrEqualTo(4));
        Assert.That(StoreFiles.Results(sweeps), Is.EqualTo(StoreFiles.Results(Sweeps("undisturbed"))));
    }

    [Test]
    public void A_gold_model_killed_in_training_goes_on_and_ends_with_the_same_bits()
    {
        string recipe = GoldRecipe.Write(_root);
        Assert.That(ChildProcess.Run(recipe, Sweeps("gold")).Ended);
        // in the first epoch, after a checkpoint; in the second, when validation has chosen once
        string sweeps = Sweeps("killed gold");
        foreach (string marker in new[] { "[gold] train: step 5/16", "[gold] train: step 12/16" })
        {
            (IReadOnlyList<string> lines, bool _) = ChildProcess.Run(recipe, sweeps, marker);
            Assert.That(lines, Has.Some.Contains(marker), "the marker was printed, so the kill came there");
        }
        (IReadOnlyList<string> rest, bool ended) = ChildProcess.Run(recipe, sweeps);
        Assert.That(ended, "the third process finishes the sweep");
        Assert.That(rest.First(line => line.StartsWith("[gold] train: step", StringComparison.Ordinal)), Does.Match(@"step 1[123]/16"), "it went on");
        Assert.That(StoreFiles.Results(sweeps), Is.EqualTo(StoreFiles.Results(Sweeps("gold"))));
        Assert.That(StoreFiles.Results(sweeps).Keys, Has.One.EndsWith("accuracy.json"));
    }

    [TestCase(true, TestName = "Two processes share a store and do nothing twice")]
    [TestCase(false, TestName = "Two processes share a store on a file system without locks and do nothing twice")]
    public async Task Two_processes_share_a_store_and_do_nothing_twice(bool locks)
    {
        string recipe = GoldRecipe.Write(_root), alone = Sweeps($"alone {locks}"), shared = Sweeps($"shared {locks}");
        (IReadOnlyList<string> one, _, bool _) = ChildProcess.RunFor(recipe, alone, TimeSpan.MaxValue);
        var two = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() => ChildProcess.RunFor(recipe, shared, TimeSpan.MaxValue, locks))));
        Assert.That(two.Select(process => process.Ended), Has.All.True);
        Assert.That(two.Sum(process => Work(process.Lines)), Is.EqualTo(Work(one)));
        Assert.That(StoreFiles.Results(shared), Is.EqualTo(StoreFiles.Results(alone)));
        Assert.That(StoreFiles.Names(shared), Is.EqualTo(StoreFiles.Names(alone)));

        static int Work(IReadOnlyList<string> lines) => lines.Count(line => line.Contains("train: step", StringComparison.Ordinal) || line.EndsWith("responses", StringComparison.Ordinal));
    }

    [Test]
    public async Task Two_shards_make_the_search_of_one_process_and_do_nothing_twice()
    {
        using var micro = new MicroSweep(("[0.1]", "[0.03, 0.1, 0.3]"), ("\"testPrompts\"", "\"search\": { \"runs\": 5 }, \"testPrompts\""));
        string alone = Sweeps("search alone"), shared = Sweeps("search shared");
        (IReadOnlyList<string> one, bool ended) = ChildProcess.RunShard(micro.Edited, alone, "1/1");
        var two = await Task.WhenAll(Enumerable.Range(1, 2).Select(shard => Task.Run(() => ChildProcess.RunShard(micro.Edited, shared, $"{shard}/2"))));
        Assert.That(two.Select(process => process.Ended).Append(ended), Has.All.True);
        Assert.That(two.SelectMany(process => Begun(process.Lines)), Is.EquivalentTo(Begun(one)));
        Assert.That(two.Select(process => Begun(process.Lines).Count()), Has.All.GreaterThan(1), "both of them work");
        Assert.That(StoreFiles.Results(shared), Is.EqualTo(StoreFiles.Results(alone)));

        static IEnumerable<string> Begun(IReadOnlyList<string> lines) => lines.Where(line => line.Contains("train: step 1/", StringComparison.Ordinal)).Select(line => line.Split(']')[0]);
    }

    private string Sweeps(string name) => Path.Combine(_root, string.Concat(name.Where(char.IsAsciiLetterOrDigit)));
}
