using Alignment.Generation;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>sampling.json: transformers' temperature, top-k and top-p warpers.</summary>
[Category("Golden")]
public class GoldenSamplingTests
{
    [Test]
    public void Kept_tokens_and_probabilities_are_those_of_transformers()
    {
        GoldenTally tally = new("sampling.json");
        foreach (GoldenJson golden in GoldenSet.Document("sampling.json")["cases"].Items)
        {
            SamplingSettings settings = Settings(golden);
            Tolerance tolerance = GoldenTolerances.Probabilities(golden["dtype"].Text);
            double[][] logits = golden["logits"].Read<double[][]>(), probabilities = golden["probs"].Read<double[][]>();
            int[][] kept = golden["kept"].Read<int[][]>();
            int[] counts = golden["kept_count"].Ids;
            bool[] tied = golden["tie_at_the_cut"].Read<bool[]>();
            for (int row = 0; row < logits.Length; row++)
            {
                tally.Begin($"{golden["name"].Text} {golden["dtype"]}, row {row}");
                KeptTokens tokens = Nucleus.Filter(logits[row], settings);
                tally.Same("kept_count", [tokens.Ids.Length], [counts[row]]);
                if (OnDevice(logits[row], settings) is { Kept: > 0 } drawn)
                    tally.Same("kept_count of a draw on the model's device", [drawn.Kept], [counts[row]]);
                if (tied[row])
                    continue;
                tally.Same("kept", tokens.Ids, kept[row]);
                tally.Close("probs", tokens.Probabilities, [.. kept[row].Select(id => probabilities[row][id])], tolerance);
            }
        }
        tally.Finish();
    }

    private static DrawnToken OnDevice(double[] logits, SamplingSettings settings)
    {
        using var rows = new LogitRows(tensor([.. logits.Select(logit => (float)logit)]).unsqueeze(0), new LogitTraffic());
        return rows.Drawn(settings, [0.5])[0];
    }

    internal static SamplingSettings Settings(GoldenJson golden) => new SamplingSettings
    {
        Temperature = golden["temperature"].Number,
        TopK = golden["top_k"].Whole,
        TopP = golden["top_p"] is { IsNull: false } value ? value.Number : 1,
        MinTokensToKeep = golden["min_tokens_to_keep"].Whole,
        MaxNewTokens = 1,
    }.Checked();
}
