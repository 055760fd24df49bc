using Alignment.Files;

namespace Alignment.Data;

/// <summary>In which order an epoch visits its items: a function of seed, name and epoch alone, so that a run resumes at any step.</summary>
public static class EpochOrder
{
    /// <summary>A permutation of 0 … count − 1.</summary>
    /// <param name="count">Items, ≥ 0.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="name">What is ordered: stages with the same seed have orders of their own.</param>
    /// <param name="epoch">From 0.</param>
    public static int[] Of(int count, ulong seed, string name, int epoch)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        new SeededRandom(seed, FormattableString.Invariant($"order/{name}/{epoch}")).Shuffle<int>(order);
        return order;
    }
}
