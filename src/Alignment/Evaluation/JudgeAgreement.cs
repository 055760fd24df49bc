namespace Alignment.Evaluation;

/// <summary>
/// How far two judges agree on the same responses. What leaves nothing to compare counts as chance would have it, so that judges who tell no
/// responses apart do not seem to agree.
/// </summary>
internal static class JudgeAgreement
{
    /// <summary>[prompts] Spearman's rank correlation of the two judges' scores of all runs' responses to a prompt; 0 where one tells none apart.</summary>
    /// <param name="first">[runs][prompts] scores by one judge, at least one run.</param>
    /// <param name="second">[runs][prompts] scores of the same responses by the other.</param>
    public static double[] RankCorrelations(IReadOnlyList<double[]> first, IReadOnlyList<double[]> second) =>
        PerPrompt(first, second, RankCorrelation);

    /// <summary>
    /// [prompts] the share of pairs of responses to a prompt that both judges put in the same order; a tie by one of them counts as half, pairs
    /// that tie by both are left out, and 0.5 stands where none is left.
    /// </summary>
    /// <param name="first">[runs][prompts] scores by one judge, at least one run.</param>
    /// <param name="second">[runs][prompts] scores of the same responses by the other.</param>
    public static double[] PairsAlike(IReadOnlyList<double[]> first, IReadOnlyList<double[]> second) => PerPrompt(first, second, (a, b) =>
    {
        double alike = 0;
        int pairs = 0;
        foreach ((int one, int other) in Pairs(a, b))
            (alike, pairs) = one == 0 && other == 0 ? (alike, pairs) : (alike + 0.5 * (1 + one * other), pairs + 1);
        return pairs == 0 ? 0.5 : alike / pairs;
    });

    /// <summary>How many pairs of runs two judges put in the same order, of all.</summary>
    /// <param name="first">[runs] mean scores by one judge.</param>
    /// <param name="second">[runs] mean scores by the other.</param>
    public static (int Alike, int Pairs) RunPairsAlike(double[] first, double[] second) =>
        (Pairs(first, second).Count(pair => pair.First == pair.Second), first.Length * (first.Length - 1) / 2);

    /// <summary>Spearman's rank correlation, equal values with the mean of their ranks (Spearman 1904); 0 where one side is all equal.</summary>
    public static double RankCorrelation(double[] first, double[] second)
    {
        double[] a = Ranks(first), b = Ranks(second);
        double mean = (a.Length - 1) / 2.0, covariance = 0, varianceA = 0, varianceB = 0;
        for (int i = 0; i < a.Length; i++)
            (covariance, varianceA, varianceB) = (covariance + (a[i] - mean) * (b[i] - mean), varianceA + (a[i] - mean) * (a[i] - mean), varianceB + (b[i] - mean) * (b[i] - mean));
        return varianceA == 0 || varianceB == 0 ? 0 : covariance / Math.Sqrt(varianceA * varianceB);
    }

    private static double[] PerPrompt(IReadOnlyList<double[]> first, IReadOnlyList<double[]> second, Func<double[], double[], double> measure)
    {
        double[] values = new double[first[0].Length];
        Parallel.For(0, values.Length, prompt => values[prompt] = measure([.. first.Select(run => run[prompt])], [.. second.Select(run => run[prompt])]));
        return values;
    }

    // -1, 0 or 1 by each judge
    private static IEnumerable<(int First, int Second)> Pairs(double[] first, double[] second)
    {
        for (int i = 0; i < first.Length; i++)
            for (int j = i + 1; j < first.Length; j++)
                yield return (first[i].CompareTo(first[j]), second[i].CompareTo(second[j]));
    }

    // from 0
    private static double[] Ranks(double[] values)
    {
        int[] order = [.. Enumerable.Range(0, values.Length).OrderBy(i => values[i])];
        double[] ranks = new double[values.Length];
        for (int from = 0, to; from < order.Length; from = to)
        {
            for (to = from + 1; to < order.Length && values[order[to]] == values[order[from]]; to++)
                continue;
            foreach (int i in order.AsSpan(from, to - from))
                ranks[i] = (from + to - 1) / 2.0;
        }

        return ranks;
    }
}
