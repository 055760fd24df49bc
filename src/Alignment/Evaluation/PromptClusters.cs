namespace Alignment.Evaluation;

/// <summary>
/// Which prompts are one: where a test set holds a prompt several times, or several responses to a prompt are scored, they are no draws of their
/// own, and everything that speaks of other prompts takes them together.
/// </summary>
internal sealed class PromptClusters
{
    private PromptClusters(int[] of, int count) => (Of, Count) = (of, count);

    /// <summary>[prompts] the cluster of each position, 0 … <see cref="Count"/> − 1.</summary>
    public int[] Of { get; }

    /// <summary>How many different prompts there are.</summary>
    public int Count { get; }

    /// <summary>Every prompt stands once.</summary>
    public bool AreSingle => Count == Of.Length;

    /// <summary>As many different prompts.</summary>
    public static PromptClusters Each(int prompts) => new([.. Enumerable.Range(0, prompts)], prompts);

    /// <summary>Positions with the same text are one cluster; clusters are numbered as they are met.</summary>
    public static PromptClusters OfTexts(IEnumerable<string> prompts)
    {
        Dictionary<string, int> known = new(StringComparer.Ordinal);
        int[] of = [.. prompts.Select(prompt => known.TryGetValue(prompt, out int cluster) ? cluster : known[prompt] = known.Count)];
        return new PromptClusters(of, known.Count);
    }

    /// <summary>[clusters] the sum of <paramref name="values"/> [prompts] over each cluster.</summary>
    public double[] Sums(double[] values)
    {
        double[] sums = new double[Count];
        for (int i = 0; i < values.Length; i++)
            sums[Of[i]] += values[i];
        return sums;
    }

    /// <summary>
    /// Sampling variance of the mean of <paramref name="values"/> [prompts] over other prompts: G/(G − 1) Σ (Σ over a cluster of (v − v̄))² / P²,
    /// the cluster-robust variance of Liang and Zeger (1986); s²/P where every prompt stands once. Not a number of a single cluster.
    /// </summary>
    public double VarianceOfMean(double[] values)
    {
        double mean = values.Sum() / values.Length;
        double squares = Sums([.. values.Select(value => value - mean)]).Sum(sum => sum * sum);
        return Count < 2 ? double.NaN : squares * Count / (Count - 1.0) / values.Length / values.Length;
    }
}
