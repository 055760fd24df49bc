using Alignment.Recipes;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>Whether activations are kept or computed again is in no result: SFT, adapters, coupled and other objectives, in micro-batches.</summary>
[NonParallelizable]
public sealed class RecomputeSweepTests
{
    [TestCase("\"maxPositions\": 128"), TestCase("\"maxPositions\": 128, \"lora\": { \"rank\": 4, \"alpha\": 8, \"targets\": [\"all-linear\"] }")]
    public void A_sweep_that_computes_activations_again_stores_the_same_bytes(string policy)
    {
        (string, string)[] edits = [("\"maxPositions\": 128", policy), ("\"DPO\": { \"beta\": [0.1] }", "\"DPO\": { \"beta\": [0.1] }, \"KTO\": { \"beta\": [0.1] }")];
        using MicroSweep kept = new(edits), recomputed = new(edits);
        Dictionary<string, byte[]> expected = Files(kept, recompute: false), actual = Files(recomputed, recompute: true);
        Assert.That(expected, Has.Count.EqualTo(5 * 3), "samples, summary and weights of SFT and four methods");
        Assert.That(actual.Keys, Is.EquivalentTo(expected.Keys));
        using (Assert.EnterMultipleScope())
            foreach ((string name, byte[] bytes) in expected)
                Assert.That(actual[name].AsSpan().SequenceEqual(bytes), name);
    }

    // everything a run computes, by a name that holds its identity
    private static Dictionary<string, byte[]> Files(MicroSweep micro, bool recompute)
    {
        using Sweep sweep = micro.Open(micro.Options with { Recompute = recompute, MicroBatch = 3 });
        List<StoredRun> runs = [sweep.SftWinner(CancellationToken.None)];
        foreach (GridPoint point in micro.Points)
            runs.Add(sweep.Run(point, CancellationToken.None));
        return runs.SelectMany(run => new[] { "samples.jsonl", "summary.json", "weights/model.safetensors", "weights/adapter_model.safetensors" }
                .Select(file => Path.Combine(run.Folder, file)).Where(File.Exists))
            .ToDictionary(file => Path.GetRelativePath(micro.Folder, file), File.ReadAllBytes);
    }
}
