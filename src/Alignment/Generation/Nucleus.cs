using System.Runtime.Intrinsics;

namespace Alignment.Generation;

/// <summary>
/// Nucleus sampling (Holtzman et al. 2020) after temperature and top-k, by the rule of transformers' warpers: in ascending order of probability,
/// tokens are dropped while the cumulative probability is at most 1 − top_p; so many of the likeliest as the settings ask for always stay. All in float64.
/// </summary>
internal static class Nucleus
{
    /// <summary>The tokens to draw from.</summary>
    /// <param name="logits">[vocabulary]; −∞ is allowed for tokens that cannot be drawn.</param>
    /// <param name="settings">Temperature > 0, top-k and top-p; of tokens that tie at the cut, lower ids stay.</param>
    /// <exception cref="ArgumentException">There is no finite logit, or one is NaN.</exception>
    public static KeptTokens Filter(ReadOnlySpan<double> logits, SamplingSettings settings)
    {
        double[] weights = Weights(logits, settings.Temperature);
        double slack = double.PositiveInfinity;
        if (settings.KeptByRank is { } most && most < weights.Length)
            slack = KeepLargest(weights, logits, most);
        if (settings.TopP < 1)
            slack = Math.Min(slack, KeepNucleus(weights, logits, settings.TopP, settings.MinTokensToKeep));
        return Normalised(weights, slack);
    }

    // exp((logit − max) / temperature)
    private static double[] Weights(ReadOnlySpan<double> logits, double temperature)
    {
        double max = double.NegativeInfinity;
        foreach (double logit in logits)
            max = Math.Max(max, logit); // NaN wherever one is
        if (!double.IsFinite(max))
            throw new ArgumentException(FormattableString.Invariant($"the largest of {logits.Length} logits is {max}: there is no token to draw"));
        var weights = new double[logits.Length];
        int together = Vector512<double>.Count, whole = weights.Length / together * together;
        for (int first = 0; first < whole; first += together)
            Exp(logits[first..]).CopyTo(weights, first);
        Span<double> last = stackalloc double[together], exp = stackalloc double[together];
        logits[whole..].CopyTo(last);
        Exp(last).CopyTo(exp);
        exp[..(weights.Length - whole)].CopyTo(weights.AsSpan(whole));
        return weights;

        Vector512<double> Exp(ReadOnlySpan<double> some) => Vector512.Exp((Vector512.Create(some) - Vector512.Create(max)) / temperature);
    }

    private static double KeepLargest(double[] weights, ReadOnlySpan<double> logits, int count)
    {
        int[] ascending = Ascending(weights, logits, 0);
        if (ascending.Length <= count)
            return double.PositiveInfinity;
        int cut = ascending.Length - count;
        double slack = 1 - weights[ascending[cut - 1]] / weights[ascending[cut]];
        foreach (int id in ascending.AsSpan(0, cut))
            weights[id] = 0;
        return slack;
    }

    // tokens of at most (1 − top_p) / vocabulary hold at most 1 − top_p together: they go without being sorted
    private static double KeepNucleus(double[] weights, ReadOnlySpan<double> logits, double topP, int least)
    {
        double total = weights.Sum(), limit = (1 - topP) * total, floor = least > 1 || limit >= total ? 0 : limit / weights.Length;
        int[] ascending = Ascending(weights, logits, floor);
        if (least > 1 && ascending.Length <= least)
            return double.PositiveInfinity;
        double cumulative = 0;
        for (int id = 0; id < weights.Length; id++)
        {
            if (weights[id] > floor)
                continue;
            cumulative += weights[id];
            weights[id] = 0;
        }
        double largestDropped = floor, slack = KeptTokens.Relative((limit - cumulative) / total, cumulative / total);
        foreach (int id in ascending.AsSpan(0, ascending.Length - least))
        {
            cumulative += weights[id];
            if (cumulative > limit)
                return Math.Min(slack, Math.Min(KeptTokens.Relative((cumulative - limit) / total, cumulative / total), 1 - largestDropped / weights[id]));
            slack = KeptTokens.Relative((limit - cumulative) / total, cumulative / total);
            largestDropped = weights[id];
            weights[id] = 0;
        }
        return Math.Min(slack, 1 - largestDropped / weights[ascending[^least]]);
    }

    // Ids of the weights above the floor; of equal logits the higher id comes first. Logits tie, not weights: an exponential may be rounded in another way beside
    // one that is out of range.
    private static int[] Ascending(double[] weights, ReadOnlySpan<double> logits, double floor)
    {
        List<int> above = [];
        for (int id = 0; id < weights.Length; id++)
            if (weights[id] > floor)
                above.Add(id);
        int[] ids = [.. above];
        var keys = new double[ids.Length];
        for (int i = 0; i < ids.Length; i++)
            keys[i] = logits[ids[i]];
        Array.Sort(keys, ids);
        for (int start = 0, end; start < ids.Length; start = end)
        {
            for (end = start + 1; end < ids.Length && keys[end] == keys[start];)
                end++;
            if (end - start > 1)
                ids.AsSpan(start, end - start).Sort((a, b) => b.CompareTo(a));
        }
        return ids;
    }

    private static KeptTokens Normalised(double[] weights, double slack)
    {
        List<int> kept = [];
        double total = 0;
        for (int id = 0; id < weights.Length; id++)
        {
            if (weights[id] == 0)
                continue;
            kept.Add(id);
            total += weights[id];
        }
        return new([.. kept], [.. kept.Select(id => weights[id] / total)], slack);
    }
}
