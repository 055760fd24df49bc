using Alignment.Generation;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>
/// sampling-bf16.json: transformers' warpers on the logits of bfloat16 models, which generation raises to float32 first. Few values are possible there, so tokens tie;
/// the reference leaves open which of those that tie at the cut of top-p stay, but not how likely they are.
/// </summary>
[Category("Golden")]
public class GoldenNarrowSamplingTests
{
    private const string File = "sampling-bf16.json";

    [Test]
    public void Tokens_are_kept_and_drawn_from_bfloat16_logits_as_by_transformers([Values] bool onDevice)
    {
        if (!System.IO.File.Exists(GoldenSet.File(File)))
            Assert.Ignore($"the set that -p:GoldenDir names has no {File}");
        GoldenTally tally = new($"{File}, {(onDevice ? "on the model's device" : "from whole rows")}");
        foreach (GoldenJson golden in GoldenSet.Document(File)["cases"].Items)
        {
            using var scope = NewDisposeScope();
            SamplingSettings settings = GoldenSamplingTests.Settings(golden);
            float[][] logits = golden["logits"].Read<float[][]>();
            Tensor narrow = tensor(logits.SelectMany(row => row).ToArray(), [logits.Length, logits[0].Length]).to(ScalarType.BFloat16); // [rows, vocabulary]
            if (onDevice)
                Drawn(narrow, golden, settings, tally);
            else
                Kept(narrow, golden, settings, tally);
        }
        tally.Finish();
    }

    private static void Kept(Tensor narrow, GoldenJson golden, SamplingSettings settings, GoldenTally tally)
    {
        Tolerance tolerance = GoldenTolerances.Probabilities(golden["dtype"].Text);
        int[][] kept = golden["kept"].Read<int[][]>();
        double[][] given = golden["logits"].Read<double[][]>(), probabilities = golden["kept_probs"].Read<double[][]>(), draws = golden["draws"].Read<double[][]>();
        for (int row = 0; row < kept.Length; row++)
        {
            tally.Begin($"{golden["name"].Text}, row {row}");
            double[] logits = GoldenTally.Numbers(narrow[row]);
            tally.Same("logits", logits, given[row]);
            tally.Same("drawn of what the reference keeps", draws[row].Select(draw => new KeptTokens(kept[row], probabilities[row], 0).At(draw).Token), golden["drawn"][row].Ids);
            KeptTokens tokens = Nucleus.Filter(logits, settings);
            if (golden["more_tie_at_top_k"].Read<int[]>()[row] is var more and > 0) // the reference keeps every token that ties with the k-th, here k stay
            {
                tally.Same("kept of top-k", [tokens.Ids.Length, tokens.Ids.Except(kept[row]).Count()], [kept[row].Length - more, 0]);
                continue;
            }
            tally.Same("kept_count", [tokens.Ids.Length], [golden["kept_count"].Ids[row]]);
            tally.Same("logits of those kept", tokens.Ids.Select(id => logits[id]).Order(), kept[row].Select(id => logits[id]).Order());
            tally.Close("probabilities in order", [.. tokens.Probabilities.Order()], [.. probabilities[row].Order()], tolerance);
            if (golden["tie_at_the_cut"].Read<bool[]>()[row])
                continue;
            tally.Same("kept", tokens.Ids, kept[row]);
            tally.Close("kept_probs", tokens.Probabilities, probabilities[row], tolerance);
            tally.Same("drawn", draws[row].Select(draw => tokens.At(draw).Token), golden["drawn"][row].Ids);
        }
    }

    // as decoding hands them on: raised to float32
    private static void Drawn(Tensor narrow, GoldenJson golden, SamplingSettings settings, GoldenTally tally)
    {
        double[][] draws = golden["draws"].Read<double[][]>();
        int[] counts = golden["kept_count"].Ids, more = golden["more_tie_at_top_k"].Read<int[]>();
        bool[] tied = golden["tie_at_the_cut"].Read<bool[]>();
        for (int draw = 0; draw < draws[0].Length; draw++)
        {
            using var rows = new LogitRows(narrow.to(ScalarType.Float32), new LogitTraffic());
            foreach ((int row, DrawnToken drawn) in rows.Drawn(settings, [.. draws.Select(own => own[draw])]).Index())
            {
                tally.Begin($"{golden["name"].Text}, row {row}, draw {draw}");
                if (drawn.Kept == 0)
                    continue;
                tally.Same("kept_count", [drawn.Kept], [counts[row] - more[row]]);
                if (!tied[row] && more[row] == 0)
                    tally.Same("drawn", [drawn.Token], [golden["drawn"][row].Ids[draw]]);
            }
        }
    }
}
