using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>
/// longrope in a batch: transformers chooses the factors once for all rows, by the longest; this library for each row by itself, as transformers does for
/// a row alone. The reference's own numbers are reached by a model whose short positions are none, wherever a row of the batch is longer.
/// </summary>
internal static class GoldenLongRope
{
    private const string ByToken = ", token by token", Prefix = "long.", Alone = "long.shortest_row_alone.logits";

    /// <summary>Whether this fixture compares a tensor.</summary>
    public static bool Compares(string tensor) => tensor.StartsWith(Prefix, StringComparison.Ordinal);

    public static void Check(GoldenFolder folder, GoldenTally tally)
    {
        if (folder.Expected.Find("longrope") is not { } longrope)
            return;
        using var scope = NewDisposeScope();
        using Decoder own = folder.Load(), all = folder.Load(AlwaysLong(folder.Config()));
        GoldenTensors expected = folder.Tensors("expected_logits.safetensors");
        int shortest = longrope["shortest_row"].Whole;
        int[] lengths = [.. folder.Rows.Mask("long.right").sum(1).data<long>().ToArray().Select(length => (int)length)];
        tally.Begin("lengths");
        tally.Same("lens_long", lengths, longrope["lens_long"].Ids);
        Tensor alone = expected[Alone][0];
        foreach (string side in new[] { "long.right", "long.left" })
        {
            Tensor byBatch = folder.Rows.Logits(all, side);
            if (expected.Names.Contains(side + ".logits"))
                folder.Rows.Compare(tally, $"{side}.logits", (byBatch, expected[side + ".logits"]), side, GoldenTolerances.LongLogits);
            foreach ((string path, Tensor found) in new[] { ("", folder.Rows.Logits(own, side)), (ByToken, GoldenPaths.Cached(own, folder.Rows, side)), (", packed", GoldenPaths.Packed(own, folder.Rows, side)) })
                foreach (int row in Enumerable.Range(0, lengths.Length).Where(row => row == shortest || lengths[row] > own.ShortPositions))
                {
                    tally.Begin($"{side}{path}, row {row}");
                    Tensor real = folder.Rows.Mask(side)[row].nonzero().squeeze(1);
                    Tensor wanted = row == shortest ? alone : expected["long.right.logits"][row].narrow(0, 0, lengths[row]);
                    // decoded token by token, a row is short until it passes the limit
                    long first = path == ByToken && row != shortest ? own.ShortPositions!.Value : 0, count = lengths[row] - first;
                    tally.Close("logits", GoldenTally.Numbers(found[row].index_select(0, real.narrow(0, first, count))), GoldenTally.Numbers(wanted.narrow(0, first, count)), GoldenTolerances.LongLogits);
                }
        }
        foreach (string told in new[] { "rule", "shortest_row_alone_vs_in_long_batch" })
            longrope[told].Told();
    }

    /// <summary>[rows][tokens] greedy tokens of left-padded rows with a whole pass at every step, all rows by the longest, and their log-probs.</summary>
    public static (int[][] Tokens, double[][] LogProbs) Greedy(GoldenFolder folder, string side, int count)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        using Decoder own = folder.Load(), all = folder.Load(AlwaysLong(folder.Config()));
        Tensor tokens = folder.Rows.Tokens(side), mask = folder.Rows.Mask(side);
        List<Tensor> logProbs = [];
        long prompt = tokens.shape[1];
        for (int step = 0; step < count; step++)
        {
            ILanguageModel model = mask.sum(1).max().item<long>() > own.ShortPositions ? all : own;
            Tensor last = nn.functional.log_softmax(model.Logits(model.HiddenStates(tokens, mask).select(1, -1)), -1); // [rows, vocabulary]
            Tensor chosen = last.argmax(-1).unsqueeze(1);
            logProbs.Add(last.gather(1, chosen));
            (tokens, mask) = (cat([tokens, chosen], 1), cat([mask, ones(mask.shape[0], 1, ScalarType.Int64)], 1));
        }
        Tensor of = cat(logProbs, 1);
        return ([.. Enumerable.Range(0, (int)tokens.shape[0]).Select(row => tokens[row].narrow(0, prompt, count).data<long>().ToArray().Select(id => (int)id).ToArray())],
            [.. Enumerable.Range(0, (int)tokens.shape[0]).Select(row => GoldenTally.Numbers(of[row]))]);
    }

    private static DecoderConfig AlwaysLong(DecoderConfig config) => config with { RotaryScaling = (LongRopeScaling)config.RotaryScaling! with { OriginalPositions = 0 } };
}
