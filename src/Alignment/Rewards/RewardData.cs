using static TorchSharp.torch;

namespace Alignment.Rewards;

/// <summary>Two whole dialogues as token ids, which differ in the last response.</summary>
/// <param name="Source">Where the pair comes from, to name it in an error.</param>
/// <param name="Chosen">Prompt and chosen response.</param>
/// <param name="Rejected">Prompt and rejected response.</param>
internal sealed record RewardPair(string Source, int[] Chosen, int[] Rejected);

/// <summary>The pairs of a reward model, in parts that share no prompt.</summary>
internal sealed record RewardData
{
    /// <summary>Pairs to learn from.</summary>
    public required IReadOnlyList<RewardPair> Train { get; init; }

    /// <summary>Pairs that choose the epoch whose weights are kept; empty keeps the last epoch's.</summary>
    public IReadOnlyList<RewardPair> Validation { get; init; } = [];

    /// <summary>Pairs that only measure.</summary>
    public required IReadOnlyList<RewardPair> HeldOut { get; init; }

    /// <summary>Refuses what no model can be trained on, all faults at once.</summary>
    /// <exception cref="ArgumentException">An empty part, an empty row, or an id outside the vocabulary.</exception>
    public void Check(int vocabulary)
    {
        List<string> faults = [.. Faults(nameof(Train), Train, vocabulary), .. Faults(nameof(Validation), Validation, vocabulary),
            .. Faults(nameof(HeldOut), HeldOut, vocabulary)];
        if (Train.Count == 0)
            faults.Insert(0, "Train holds no pair");
        if (faults.Count > 0)
            throw new ArgumentException($"the reward model cannot be trained ({faults.Count} faults): {string.Join("; ", faults.Take(20))}");
    }

    private static IEnumerable<string> Faults(string part, IReadOnlyList<RewardPair> pairs, int vocabulary)
    {
        for (int i = 0; i < pairs.Count; i++)
            foreach ((string side, int[] ids) in new[] { ("chosen", pairs[i].Chosen), ("rejected", pairs[i].Rejected) })
                if (RewardBatch.Fault(ids, vocabulary) is { } fault)
                    yield return $"{part} pair {i}, {side}: {fault}";
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
