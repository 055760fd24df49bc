using System.Text.Json;
using Alignment.Generation;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>sampling.json: transformers' temperature, top-k and top-p warpers.</summary>
[Category("Golden")]
public class GoldenSamplingTests
{
    [Test]
    public void Kept_tokens_and_probabilities_are_those_of_transformers()
    {
        GoldenTally tally = new("sampling.json");
        foreach (JsonElement golden in GoldenSet.Document("sampling.json").GetProperty("cases").EnumerateArray())
        {
            SamplingSettings settings = Settings(golden);
            Tolerance tolerance = GoldenTolerances.Probabilities(golden.GetProperty("dtype").GetString()!);
            double[][] logits = Read<double[][]>(golden, "logits"), probabilities = Read<double[][]>(golden, "probs");
            int[][] kept = Read<int[][]>(golden, "kept");
            int[] counts = Read<int[]>(golden, "kept_count");
            bool[] tied = Read<bool[]>(golden, "tie_at_the_cut");
            for (int row = 0; row < logits.Length; row++)
            {
                tally.Begin($"{golden.GetProperty("name")} {golden.GetProperty("dtype")}, row {row}");
                KeptTokens tokens = Nucleus.Filter(logits[row], settings);
                tally.Same("kept_count", [tokens.Ids.Length], [counts[row]]);
                if (tied[row])
                    continue;
                tally.Same("kept", tokens.Ids, kept[row]);
                tally.Close("probs", tokens.Probabilities, [.. kept[row].Select(id => probabilities[row][id])], tolerance);
            }
        }
        tally.Finish();
    }

    private static SamplingSettings Settings(JsonElement golden) => new SamplingSettings
    {
        Temperature = golden.GetProperty("temperature").GetDouble(),
        TopK = golden.GetProperty("top_k").GetInt32(),
        TopP = golden.GetProperty("top_p") is { ValueKind: JsonValueKind.Number } value ? value.GetDouble() : 1,
        MinTokensToKeep = golden.GetProperty("min_tokens_to_keep").GetInt32(),
        MaxNewTokens = 1,
    }.Checked();

    private static T Read<T>(JsonElement golden, string name) => golden.GetProperty(name).Deserialize<T>(GoldenSet.Json)!;
}
