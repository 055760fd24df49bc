namespace Alignment.Reports.Figures;

/// <summary>Moves dots sideways until none covers another: a bee swarm without chance.</summary>
internal static class Swarm
{
    /// <summary>The offset of each dot, in the order given; the nearest free place, alternating right and left.</summary>
    /// <param name="heights">Vertical position of each dot, pixels.</param>
    /// <param name="apart">Least distance between two centres, pixels.</param>
    /// <param name="limit">Largest offset to either side; where all is taken, dots may cover each other.</param>
    public static double[] Offsets(IReadOnlyList<double> heights, double apart, double limit)
    {
        double[] offsets = new double[heights.Count];
        List<int> placed = [];
        foreach (int dot in Enumerable.Range(0, heights.Count).OrderBy(i => heights[i]))
        {
            offsets[dot] = Places(apart / 2, limit).FirstOrDefault(place =>
                placed.All(other => Free(place, heights[dot], offsets[other], heights[other])));
            placed.Add(dot);
        }
        return offsets;

        bool Free(double x, double y, double otherX, double otherY) =>
            (x - otherX) * (x - otherX) + (y - otherY) * (y - otherY) >= apart * apart;
    }

    private static IEnumerable<double> Places(double step, double limit)
    {
        yield return 0;
        for (double offset = step; offset <= limit; offset += step)
        {
            yield return offset;
            yield return -offset;
        }
    }
}
