namespace Alignment.Data;

/// <summary>Cuts a global batch into micro-batches of like lengths: less padding, the same gradient, since it is a sum over the pairs.</summary>
public static class LengthGrouping
{
    /// <summary>Micro-batches of <paramref name="size"/> pairs, the last one smaller; longest first, so that memory peaks at once.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="size"/> is below 1.</exception>
    public static IReadOnlyList<IReadOnlyList<TokenizedPair>> MicroBatches(IEnumerable<TokenizedPair> batch, int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        return [.. batch.OrderByDescending(Length).Chunk(size)];
    }

    /// <summary>Tokens of the longer sequence of a pair.</summary>
    public static int Length(TokenizedPair pair) => pair.Prompt.Length + Math.Max(pair.Chosen.Length, pair.Rejected.Length);
}
