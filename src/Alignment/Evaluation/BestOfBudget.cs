namespace Alignment.Evaluation;

/// <summary>
/// Expected best score after k random trials of a method's grid: the paper's question, which method is best under a limited budget.
/// </summary>
internal static class BestOfBudget
{
    /// <summary>
    /// Expected maximum of k draws <b>with</b> replacement, Σ v₍ᵢ₎ ((i/n)ᵏ − ((i−1)/n)ᵏ) over ascending v (Dodge et al. 2019, equation 1 with the
    /// empirical distribution). As an estimate of what k fresh trials would give it is biased low.
    /// </summary>
    /// <param name="scores">Score of every run, any order, at least one.</param>
    /// <param name="trials">k, at least 1.</param>
    /// <exception cref="ArgumentException">There is no score, or no trial.</exception>
    public static double WithReplacement(IReadOnlyList<double> scores, int trials)
    {
        double[] ascending = Ascending(scores, trials);
        double expected = 0, before = 0;
        for (int i = 0; i < ascending.Length; i++)
        {
            double upTo = Math.Pow((i + 1.0) / ascending.Length, trials);
            expected += ascending[i] * (upTo - before);
            before = upTo;
        }

        return expected;
    }

    /// <summary>
    /// Expected maximum of k distinct runs, Σ v₍ᵢ₎ C(i−1, k−1) / C(n, k) over ascending v (Tang et al. 2020): unbiased for the expected best of k
    /// fresh trials.
    /// </summary>
    /// <param name="scores">Score of every run, any order, at least one.</param>
    /// <param name="trials">k, 1 … number of scores.</param>
    /// <exception cref="ArgumentException">There is no score, no trial, or more trials than scores.</exception>
    public static double WithoutReplacement(IReadOnlyList<double> scores, int trials)
    {
        double[] ascending = Ascending(scores, trials);
        if (trials > ascending.Length)
            throw new ArgumentException($"{trials} distinct trials need as many scores, there are {ascending.Length}", nameof(trials));
        return Weights(ascending.Length, trials).Select((weight, fromTop) => weight * ascending[^(fromTop + 1)]).Sum();
    }

    /// <summary>Probability that the largest, second largest, … of <paramref name="count"/> scores is the best of k distinct ones.</summary>
    internal static IEnumerable<double> Weights(int count, int trials)
    {
        // k/n for the largest; each next one down is the last times (i - k + 1) / i, with i the number of scores below the last
        double weight = (double)trials / count;
        for (int below = count - 1; below >= trials - 1; below--)
        {
            yield return weight;
            weight *= below == 0 ? 0 : (double)(below - trials + 1) / below;
        }
    }

    private static double[] Ascending(IReadOnlyList<double> scores, int trials)
    {
        if (scores.Count == 0)
            throw new ArgumentException("the best of a budget needs at least one score, got none", nameof(scores));
        if (trials < 1)
            throw new ArgumentException($"a budget is at least 1 trial, was {trials}", nameof(trials));
        return [.. scores.Order()];
    }
}
