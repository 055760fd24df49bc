namespace Alignment.Tests.Unit.Recipes;

/// <summary>A small valid recipe whose lines tests replace.</summary>
internal static class RecipeText
{
    public const string Good = """
        {
          "name": "small",
          "seed": 7,
          "policy": { "width": 32, "layers": 2, "heads": 2, "keyValueHeads": 1, "mlpWidth": 64, "maxPositions": 128 },
          "data": { "world": { "trainingPairs": 40 } },
          "gold": { "world": {} },
          "lengths": { "maxPrompt": 64, "maxTotal": 120 },
          "sft": { "epochs": [1, 2], "learningRate": [1e-3], "batchSize": 8 },
          "preference": { "epochs": [1], "learningRate": [1e-4, 3e-4], "batchSize": 8, "warmupRatio": 0.2 },
          "methods": {
            "DPO": { "beta": [0.1] },
            "LN-DPO": { "beta": [1.0, 2.5] },
            "SimPO": { "beta": [2.0], "gamma": [0.5, 1] }
          },
          "generation": { "temperature": 0.7, "topP": 0.95, "maxNewTokens": 16 },
          "testPrompts": 10
        }
        """;

    /// <summary>The good recipe with one piece replaced.</summary>
    public static string With(string piece, string replacement) =>
        Good.Contains(piece, StringComparison.Ordinal) ? Good.Replace(piece, replacement, StringComparison.Ordinal)
            : throw new ArgumentException($"the recipe has no {piece}");
}
