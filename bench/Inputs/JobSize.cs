using Alignment.Bench.Measuring;
using Alignment.Recipes;

namespace Alignment.Bench.Inputs;

/// <summary>A recipe small enough to be run again and again; its name is part of benchmark ids.</summary>
/// <param name="Name">The recipe's.</param>
/// <param name="Pairs">Training pairs of the embedded world.</param>
/// <param name="Prompts">Test prompts.</param>
/// <param name="Runs">Runs of each of the two methods: learning rates.</param>
internal sealed record JobSize(string Name, int Pairs, int Prompts, int Runs) : IBenchmarkSize
{
    /// <summary>tiny's policy and lengths, an eighth of its pairs, a tenth of its prompts, one run of each of two methods.</summary>
    public static JobSize Small { get; } = new("small", 256, 64, 1);

    /// <summary>Layers of the policy.</summary>
    public int Layers { get; init; } = 4;

    /// <summary>Tokens of a response, at most.</summary>
    public int NewTokens { get; init; } = 80;

    public Work Of(string method) => default;

    /// <summary>The recipe.</summary>
    public Recipe Recipe() => RecipeFile.Parse(FormattableString.Invariant($$"""
        {
          "name": "{{Name}}",
          "seed": 1,
          "policy": { "width": 128, "layers": {{Layers}}, "heads": 4, "keyValueHeads": 2, "mlpWidth": 352, "maxPositions": 256 },
          "data": { "world": { "trainingPairs": {{Pairs}} } },
          "gold": { "world": {} },
          "lengths": { "maxPrompt": 48, "maxTotal": 128 },
          "sft": { "epochs": [1], "learningRate": [3e-3], "batchSize": 32, "warmupRatio": 0.1 },
          "preference": { "epochs": [1], "learningRate": [{{Rates}}], "batchSize": 32, "warmupRatio": 0.1 },
          "methods": { "DPO": { "beta": [0.1] }, "SimPO": { "beta": [2.0], "gamma": [0.5] } },
          "generation": { "temperature": 0.85, "topP": 0.9, "maxNewTokens": {{NewTokens}} },
          "testPrompts": {{Prompts}}
        }
        """), Path.GetFullPath(Name + ".json"));

    public override string ToString() => Name;

    private string Rates => string.Join(", ", Enumerable.Range(1, Runs).Select(i => FormattableString.Invariant($"{i}e-5")));
}
