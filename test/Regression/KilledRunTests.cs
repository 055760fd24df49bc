using System.Text.Json;
using Alignment.Data.World;
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
        Assert.That(Results(sweeps), Is.EqualTo(Results(Sweeps("undisturbed"))));
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
        Assert.That(Results(sweeps), Is.EqualTo(Results(Sweeps("undisturbed"))));
    }

    [Test]
    public void A_gold_model_killed_in_training_goes_on_and_ends_with_the_same_bits()
    {
        string recipe = GoldRecipe();
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
        Assert.That(rest.First(line => line.StartsWith("[gold] train", StringComparison.Ordinal)), Does.Match(@"step 1[123]/16"), "it went on");
        Assert.That(Results(sweeps), Is.EqualTo(Results(Sweeps("gold"))));
        Assert.That(Results(sweeps).Keys, Has.One.EndsWith("accuracy.json"));
    }

    // pairs of the embedded world as a file, the tokenizer from a stored run, and a gold model to train on 60 of the pairs
    private string GoldRecipe()
    {
        File.WriteAllLines(Path.Combine(_root, "pairs.jsonl"), EmbeddedWorld.TrainingPairs(3, 160).Select((pair, i) =>
            JsonSerializer.Serialize(new { prompt = $"{i}: {pair.Prompt[^1].Text}", chosen = pair.Chosen, rejected = pair.Rejected })));
        string tokenizer = Directory.EnumerateDirectories(Path.Combine(Sweeps("undisturbed"), "micro", "weights")).First();
        string path = Path.Combine(_root, "gold.json");
        File.WriteAllText(path, $$"""
            {
              "name": "gold",
              "seed": 3,
              "policy": { "width": 32, "layers": 2, "heads": 2, "keyValueHeads": 1, "mlpWidth": 64, "maxPositions": 128 },
              "data": { "train": { "format": "pairs", "file": "pairs.jsonl" }, "split": { "rewardModel": 0.5, "test": 0.25 }, "tokenizer": "{{tokenizer}}" },
              "gold": { "neox": { "width": 16, "layers": 1, "heads": 2, "mlpWidth": 32, "maxLength": 64, "epochs": 2, "batchSize": 8 } },
              "lengths": { "maxPrompt": 40, "maxTotal": 100 },
              "sft": { "epochs": [1], "learningRate": [2e-3], "batchSize": 8 },
              "preference": { "epochs": [1], "learningRate": [1e-3], "batchSize": 8 },
              "methods": { "SimPO": { "beta": [2.0], "gammaBetaRatio": [0.5] } },
              "generation": { "temperature": 1.0, "topP": 0.9, "maxNewTokens": 8 },
              "testPrompts": 8
            }
            """);
        return path;
    }

    private string Sweeps(string name) => Path.Combine(_root, string.Concat(name.Where(char.IsAsciiLetterOrDigit)));

    // responses, summary.json, samples.jsonl and the weights of every run and gold model, as bytes
    private static SortedDictionary<string, string> Results(string sweeps) => new(
        Directory.EnumerateFiles(sweeps, "*", SearchOption.AllDirectories)
            .Where(path => Path.GetFileName(path) is "summary.json" or "samples.jsonl" or "model.safetensors" or "accuracy.json")
            .ToDictionary(path => Path.GetRelativePath(sweeps, path), path => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))),
        StringComparer.Ordinal);
}
