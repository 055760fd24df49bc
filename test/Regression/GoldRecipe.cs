using System.Text.Json;
using Alignment.Data.World;
using Alignment.Recipes;
using Alignment.Sweeps;

namespace Alignment.Tests.Regression;

/// <summary>A recipe as small as micro whose gold model is trained, on pairs from a file with a tokenizer from a folder.</summary>
internal static class GoldRecipe
{
    /// <summary>Writes the recipe and what it names.</summary>
    /// <returns>Its path.</returns>
    public static string Write(string folder)
    {
        File.WriteAllLines(Path.Combine(folder, "pairs.jsonl"), EmbeddedWorld.TrainingPairs(3, 160).Select((pair, i) =>
            JsonSerializer.Serialize(new { prompt = $"{i}: {pair.Prompt[^1].Text}", chosen = pair.Chosen, rejected = pair.Rejected })));
        string tokenizer = Directory.CreateDirectory(Path.Combine(folder, "tokenizer")).FullName;
        foreach ((string name, byte[] content) in RecipeTokenizer.Files(RecipeFile.Load(MicroSweep.RecipePath, "/"), new SweepOptions { SweepsFolder = "" }))
            File.WriteAllBytes(Path.Combine(tokenizer, name), content);
        string path = Path.Combine(folder, "gold.json");
        File.WriteAllText(path, """
            {
              "name": "gold",
              "seed": 3,
              "policy": { "width": 32, "layers": 2, "heads": 2, "keyValueHeads": 1, "mlpWidth": 64, "maxPositions": 128 },
              "data": { "train": { "format": "pairs", "file": "pairs.jsonl" }, "split": { "rewardModel": 0.5, "test": 0.25 }, "tokenizer": "tokenizer" },
              "gold": { "neox": { "width": 16, "layers": 1, "heads": 2, "mlpWidth": 32, "maxLength": 64, "epochs": 2, "batchSize": 8 } },
              "lengths": { "maxPrompt": 40, "maxTotal": 100 },
              "sft": { "epochs": [1], "learningRate": [2e-3], "batchSize": 8 },
              "preference": { "epochs": [1], "learningRate": [1e-3], "batchSize": 8 },
              "methods": { "DPO": { "beta": [0.1] }, "SimPO": { "beta": [2.0], "gammaBetaRatio": [0.5] } },
              "generation": { "temperature": 1.0, "topP": 0.9, "maxNewTokens": 8 },
              "testPrompts": 8
            }
            """);
        return path;
    }
}
