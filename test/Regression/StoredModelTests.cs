using System.Text.Json;
using Alignment.Data.World;
using Alignment.Recipes;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>Folders a sweep leaves are whole models: its gold model scores another sweep, its adapters and weights are another sweep's policy.</summary>
[NonParallelizable]
public sealed class StoredModelTests
{
    private string _root = null!;

    [SetUp]
    public void NewFolder() => _root = Directory.CreateTempSubdirectory("stored-models").FullName;

    [TearDown]
    public void Remove()
    {
        Directory.Delete(_root, recursive: true);
    }

    [Test]
    public void A_gold_model_a_sweep_has_trained_is_the_gold_model_of_another_and_gives_the_same_scores()
    {
        string trained = Path.Combine(_root, "trained.json"), given = Path.Combine(_root, "given.json"), policy = MicroSweep.NewPolicyFolder();
        WritePairs(Path.Combine(_root, "train.jsonl"), "train", 40);
        WritePairs(Path.Combine(_root, "test.jsonl"), "test", 8);
        File.WriteAllText(trained, Text("trained", policy,
            """{ "neox": { "width": 16, "layers": 1, "heads": 2, "mlpWidth": 32, "maxLength": 64, "epochs": 1, "batchSize": 4 } }"""));
        StoredRun first = Start(trained);
        string gold = Directory.EnumerateDirectories(Path.Combine(_root, "sweeps", "trained"), "gold-*").Single();
        Assert.That(Directory.EnumerateFiles(gold).Select(Path.GetFileName), Is.SupersetOf(new[]
        {
            "config.json", "model.safetensors", "accuracy.json", "vocab.json", "merges.txt", "tokenizer_config.json", "chat_template.jinja",
        }));

        File.WriteAllText(given, Text("given", policy, $$"""{ "folder": "{{gold}}", "maxLength": 64 }"""));
        StoredRun second = Start(given);
        Assert.That(second.Samples().Select(row => (row.Response, row.Score, row.ChosenScore)), Is.EqualTo(first.Samples().Select(row => (row.Response, row.Score, row.ChosenScore))));
        Directory.Delete(Path.GetDirectoryName(policy)!, recursive: true);
    }

    private StoredRun Start(string recipe)
    {
        using var sweep = new Sweep(RecipeFile.Load(recipe, _root), new SweepOptions { SweepsFolder = Path.Combine(_root, "sweeps"), Threads = 1 }, TimeProvider.System, _ => { });
        return sweep.SftWinner(CancellationToken.None);
    }

    // the template is one that no marker of the tokenizer tells
    private static string Text(string name, string policy, string gold) => $$"""
        {
          "name": "{{name}}", "seed": 5, "policy": { "folder": "{{policy}}" }, "gold": {{gold}},
          "data": { "train": { "format": "pairs", "file": "train.jsonl" }, "test": { "format": "pairs", "file": "test.jsonl" },
            "split": { "rewardModel": 0.5 }, "template": "open-assistant", "markersInText": "tokens" },
          "lengths": { "maxPrompt": 60, "maxTotal": 120 },
          "preference": { "epochs": [1], "learningRate": [1e-3], "batchSize": 8 }, "methods": { "DPO": { "beta": [0.1] } },
          "generation": { "temperature": 1.0, "topP": 0.9, "maxNewTokens": 8 }, "testPrompts": 8
        }
        """;

    private static void WritePairs(string path, string name, int count) => File.WriteAllLines(path, EmbeddedWorld.TrainingPairs((ulong)name.Length, count)
        .Select((pair, index) => JsonSerializer.Serialize(new { prompt = $"{pair.Prompt[^1].Text} {name} {index}", chosen = pair.Chosen, rejected = pair.Rejected })));
}
