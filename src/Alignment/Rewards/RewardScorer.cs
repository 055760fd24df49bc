using Alignment.Distributed;
using Alignment.Kernels.Native;
using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Rewards;

/// <summary>How rows are cut and batched for scoring.</summary>
internal sealed record RewardScoringSettings
{
    /// <summary>Tokens kept of a row, counted from its end; &gt; 0.</summary>
    public int MaxLength { get; init; } = 1024;

    // what a layer makes of more leaves the cache before the next one reads it (bench/README.md)
    private const int PackedTokens = 2048;

    /// <summary>Tokens of one batch at most, padding included (a single row may have more); &gt; 0; changes speed and memory only. <see cref="TokensAtOnce"/> has the last word.</summary>
    public int BatchTokens { get; init; } = 8192;

    /// <summary>The processes that score together: each calls the same with the same network and rows, and each has all scores.</summary>
    public ICollectives Ranks { get; init; } = new SingleProcess(CPU);

    /// <summary>Tokens that go through a network at once, in scoring and in the memory planned for it.</summary>
    /// <param name="packed"><see cref="IRewardNetwork.Packs"/>.</param>
    public int TokensAtOnce(bool packed) => packed ? Math.Min(BatchTokens, PackedTokens) : BatchTokens;
}

/// <summary>Scores token rows in batches of similar length.</summary>
internal static class RewardScorer
{
    /// <summary>One reward per row, in order; rows must be non-empty and within the vocabulary.</summary>
    public static double[] Score(IRewardNetwork network, IReadOnlyList<int[]> rows, RewardScoringSettings settings)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(settings.MaxLength);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(settings.BatchTokens);
        int[][] batches = [.. Batches(rows, settings.MaxLength, settings.TokensAtOnce(network.Packs))];
        IReadOnlyList<float[]> computed = settings.Ranks.Shared(batches.Length, batch => Rewards(network, [.. batches[batch].Select(row => rows[row])], settings.MaxLength));
        var scores = new double[rows.Count];
        foreach ((int[] batch, float[] rewards) in batches.Zip(computed))
            for (int i = 0; i < batch.Length; i++)
                scores[batch[i]] = rewards[i];
        return scores;
    }

    /// <summary>Share of pairs in the right order.</summary>
    public static PairAccuracy Accuracy(IRewardNetwork network, IReadOnlyList<RewardPair> pairs, RewardScoringSettings settings)
    {
        (double[] chosen, double[] rejected) = ScorePairs(network, pairs, settings);
        return PairAccuracy.Count(chosen, rejected);
    }

    /// <summary>Rewards of the chosen and of the rejected sides.</summary>
    internal static (double[] Chosen, double[] Rejected) ScorePairs(
        IRewardNetwork network, IReadOnlyList<RewardPair> pairs, RewardScoringSettings settings)
    {
        double[] scores = Score(network, [.. pairs.Select(pair => pair.Chosen), .. pairs.Select(pair => pair.Rejected)], settings);
        return (scores[..pairs.Count], scores[pairs.Count..]);
    }

    // longest first: the largest batch is allocated first, and memory never grows after it
    private static IEnumerable<int[]> Batches(IReadOnlyList<int[]> rows, int maxLength, int tokens)
    {
        int[] order = [.. Enumerable.Range(0, rows.Count).OrderByDescending(row => rows[row].Length)];
        for (int start = 0, count; start < order.Length; start += count)
        {
            int longest = Math.Min(rows[order[start]].Length, maxLength);
            count = Math.Clamp(tokens / longest, 1, order.Length - start);
            yield return order[start..(start + count)];
        }
    }

    private static float[] Rewards(IRewardNetwork network, IReadOnlyList<int[]> rows, int maxLength)
    {
        CollectionPoint.Pass();
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        if (network.Packs)
            return network.Rewards(PackedSequences.OfRows(rows, maxLength, network.Device)).data<float>().ToArray();
        RewardBatch padded = RewardBatch.Pad(rows, maxLength, network.Device);
        return network.Rewards(padded.Tokens, padded.Mask).cpu().data<float>().ToArray();
    }
}
