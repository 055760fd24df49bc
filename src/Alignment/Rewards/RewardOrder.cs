namespace Alignment.Rewards;

/// <summary>The batches of each epoch: a seeded shuffle, then similar lengths side by side within windows, so that little is padded.</summary>
internal static class RewardOrder
{
    private const int WindowBatches = 8;

    /// <summary>Indices of the pairs of each batch; every pair once.</summary>
    public static int[][] Batches(IReadOnlyList<RewardPair> pairs, RewardTrainingSettings settings, int epoch)
    {
        var random = new SeededRandom(settings.Seed, $"rewards/epoch/{epoch}");
        int[] order = [.. Enumerable.Range(0, pairs.Count)];
        random.Shuffle<int>(order);
        int[][] batches =
        [
            .. order.Chunk(WindowBatches * settings.BatchPairs)
                .SelectMany(window => window.OrderBy(i => Math.Max(pairs[i].Chosen.Length, pairs[i].Rejected.Length)).Chunk(settings.BatchPairs)),
        ];
        random.Shuffle<int[]>(batches);
        return batches;
    }
}
