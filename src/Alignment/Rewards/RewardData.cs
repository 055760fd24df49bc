namespace Alignment.Rewards;

/// <summary>Two whole dialogues as token ids, which differ in the last response.</summary>
/// <param name="Source">Where the pair comes from, to name it in an error.</param>
/// <param name="Chosen">Prompt and chosen response.</param>
/// <param name="Rejected">Prompt and rejected response.</param>
public sealed record RewardPair(string Source, int[] Chosen, int[] Rejected);

/// <summary>The pairs of a reward model, in parts that share no prompt.</summary>
public sealed record RewardData
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
