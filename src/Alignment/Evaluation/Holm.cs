namespace Alignment.Evaluation;

/// <summary>Correction of p-values for the number of comparisons (Holm 1979): the chance of any false finding among them stays below the level.</summary>
public static class Holm
{
    /// <summary>[comparisons] adjusted p-values: the i-th smallest of m times m − i + 1, never below a smaller one's, at most 1.</summary>
    public static double[] Adjusted(IReadOnlyList<double> p)
    {
        double[] adjusted = new double[p.Count];
        double largest = 0;
        int rank = 0;
        foreach (int comparison in Enumerable.Range(0, p.Count).OrderBy(i => p[i]))
        {
            largest = Math.Max(largest, Math.Min(1, p[comparison] * (p.Count - rank++)));
            adjusted[comparison] = largest;
        }

        return adjusted;
    }
}
