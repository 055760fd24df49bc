namespace Alignment.Training;

/// <summary>How rows are put together into passes through the model.</summary>
internal static class MicroBatches
{
    /// <summary>The rows in their order, so many together as both limits allow, and at least one.</summary>
    /// <param name="rows">In an order in which like lengths stand together.</param>
    /// <param name="tokens">Of a row.</param>
    /// <param name="speed">The limits.</param>
    public static IEnumerable<int[]> Of(IEnumerable<int> rows, Func<int, long> tokens, SpeedSettings speed)
    {
        List<int> together = [];
        long held = 0;
        foreach (int row in rows)
        {
            long more = tokens(row);
            if (together.Count > 0 && (together.Count == speed.MicroBatch || held + more > speed.TokenBudget))
            {
                yield return [.. together];
                together.Clear();
                held = 0;
            }
            together.Add(row);
            held += more;
        }
        if (together.Count > 0)
            yield return [.. together];
    }
}
