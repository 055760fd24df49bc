using Alignment.Models.NeoX;
using static TorchSharp.torch;

namespace Alignment.Rewards;

/// <summary>How rows are cut and batched for scoring.</summary>
public sealed record RewardScoringSettings
{
    /// <summary>Tokens kept of a row, counted from its end; &gt; 0.</summary>
    public int MaxLength { get; init; } = 1024;

    /// <summary>Padded tokens of one batch at most (a single row may have more); &gt; 0; changes speed and memory only.</summary>
    public int BatchTokens { get; init; } = 8192;
}

/// <summary>Scores token rows in batches of similar length.</summary>
public static class RewardScorer
{
    /// <summary>One reward per row, in order; rows must be non-empty and within the vocabulary.</summary>
    public static double[] Score(NeoXReward network, IReadOnlyList<int[]> rows, RewardScoringSettings settings)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(settings.MaxLength);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(settings.BatchTokens);
        using IDisposable noGrad = no_grad();
        var scores = new double[rows.Count];
        // longest first: the largest batch is allocated first, and memory never grows after it
        int[] order = [.. Enumerable.Range(0, rows.Count).OrderByDescending(row => rows[row].Length)];
        for (int start = 0; start < order.Length;)
        {
            int longest = Math.Min(rows[order[start]].Length, settings.MaxLength);
            int count = Math.Clamp(settings.BatchTokens / longest, 1, order.Length - start);
            ScoreBatch(network, rows, order.AsSpan(start, count), settings.MaxLength, scores);
            start += count;
        }
        return scores;
    }

    /// <summary>Share of pairs in the right order.</summary>
    public static PairAccuracy Accuracy(NeoXReward network, IReadOnlyList<RewardPair> pairs, RewardScoringSettings settings)
    {
        (double[] chosen, double[] rejected) = ScorePairs(network, pairs, settings);
        return PairAccuracy.Count(chosen, rejected);
    }

    /// <summary>Rewards of the chosen and of the rejected sides.</summary>
    internal static (double[] Chosen, double[] Rejected) ScorePairs(
        NeoXReward network, IReadOnlyList<RewardPair> pairs, RewardScoringSettings settings)
    {
        double[] scores = Score(network, [.. pairs.Select(pair => pair.Chosen), .. pairs.Select(pair => pair.Rejected)], settings);
        return (scores[..pairs.Count], scores[pairs.Count..]);
    }

    private static void ScoreBatch(NeoXReward network, IReadOnlyList<int[]> rows, ReadOnlySpan<int> batch, int maxLength, double[] scores)
    {
        using var scope = NewDisposeScope();
        RewardBatch padded = RewardBatch.Pad([.. batch.ToArray().Select(row => rows[row])], maxLength, network.Device);
        float[] rewards = network.Forward(padded.Tokens, padded.Mask).cpu().data<float>().ToArray();
        for (int i = 0; i < batch.Length; i++)
            scores[batch[i]] = rewards[i];
    }
}

/// <summary>Right-padded rows for a reward model.</summary>
/// <param name="Tokens">[rows, length] int64; padding is 0.</param>
/// <param name="Mask">[rows, length] int64, 1 = real token.</param>
internal sealed record RewardBatch(Tensor Tokens, Tensor Mask)
{
    /// <summary>Pads to the longest row; of a row longer than <paramref name="maxLength"/> the last tokens are kept, where the response is.</summary>
    public static RewardBatch Pad(IReadOnlyList<int[]> rows, int maxLength, Device device)
    {
        using var scope = NewDisposeScope();
        int length = rows.Max(row => Math.Min(row.Length, maxLength));
        var tokens = new long[rows.Count * length];
        var mask = new long[rows.Count * length];
        for (int row = 0; row < rows.Count; row++)
        {
            ReadOnlySpan<int> kept = rows[row].AsSpan(Math.Max(0, rows[row].Length - maxLength));
            for (int i = 0; i < kept.Length; i++)
                (tokens[row * length + i], mask[row * length + i]) = (kept[i], 1);
        }
        return new(Place(tokens), Place(mask));

        // [rows · length] → [rows, length]
        Tensor Place(long[] values) => tensor(values).view(rows.Count, length).to(device).MoveToOuterDisposeScope();
    }

    /// <summary>Why a row cannot be scored, or null.</summary>
    public static string? Fault(int[] ids, int vocabulary)
    {
        if (ids.Length == 0)
            return "has no tokens";
        int odd = Array.FindIndex(ids, id => (uint)id >= (uint)vocabulary);
        return odd < 0 ? null : $"token {odd} is {ids[odd]}, and the vocabulary has {vocabulary}";
    }
}
