using Alignment.Files;

namespace Alignment.Evaluation;

/// <summary>Are the picks of two methods after as many runs different? Two kinds of noise are asked apart: other prompts, and other runs.</summary>
/// <param name="Lead">[prompts] what the first method's pick scores above the second's, on prompts that did not choose it (<see cref="HeldOutBest"/>).</param>
/// <param name="PromptsP">p-value over prompts (<see cref="SignFlipTest"/>).</param>
/// <param name="RunsP">p-value over runs (<see cref="LabelTest"/>).</param>
public sealed record BudgetTest(double[] Lead, double PromptsP, double RunsP)
{
    /// <summary>The p-value of both questions together: a difference has to stand against either noise.</summary>
    public double P => Math.Max(PromptsP, RunsP);

    /// <summary>Tests two methods on the same prompts.</summary>
    /// <param name="first">[runs][prompts] scores.</param>
    /// <param name="second">[runs][prompts] scores.</param>
    /// <param name="firstSettings">[settings] mean score of each of the first method's settings, its seeds averaged: the units that may be exchanged.</param>
    /// <param name="secondSettings">[settings] of the second method.</param>
    /// <param name="trials">k, at most the runs of either.</param>
    /// <param name="seed">Of all draws.</param>
    public static BudgetTest Of(double[][] first, double[][] second, double[] firstSettings, double[] secondSettings, int trials, ulong seed)
    {
        double[] lead = [.. HeldOutBest.Column(first, trials, seed).Zip(HeldOutBest.Column(second, trials, seed), (a, b) => a - b)];
        int settings = Math.Min(trials, Math.Min(firstSettings.Length, secondSettings.Length));
        return new BudgetTest(lead, SignFlipTest.P(lead, seed), LabelTest.P(firstSettings, secondSettings, settings, seed));
    }
}

/// <summary>
/// What the pick of a budget is worth on prompts that did not choose it. The best of many runs looks better on the prompts it was chosen by
/// than on fresh ones, more so in a larger grid; ten-fold cross-fitting takes that advantage out of a comparison between methods.
/// </summary>
public static class HeldOutBest
{
    private const int Folds = 10;

    /// <summary>
    /// [prompts] the expected score of the best of <paramref name="trials"/> distinct random runs, prompt by prompt: the runs are ranked by
    /// their mean on the other nine tenths of the prompts and weighted with their chance of being picked. The mean of the column estimates
    /// the pick's score on fresh prompts; two methods' columns can be compared as pairs.
    /// </summary>
    /// <param name="scores">[runs][prompts], at least one run.</param>
    /// <param name="trials">k, 1 … number of runs.</param>
    /// <param name="seed">Of the stream "held-out": equal seeds part the prompts alike.</param>
    /// <exception cref="ArgumentException">There is no run, no trial, or more trials than runs.</exception>
    public static double[] Column(IReadOnlyList<double[]> scores, int trials, ulong seed)
    {
        if (trials < 1 || trials > scores.Count)
            throw new ArgumentException($"a budget is 1 to {scores.Count} trials of {scores.Count} runs, was {trials}", nameof(trials));
        double[] weights = [.. BestOfBudget.Weights(scores.Count, trials)];
        double[] totals = [.. scores.Select(run => run.Sum())];
        double[] column = new double[scores[0].Length];
        foreach (int[] fold in Parts(column.Length, seed))
        {
            double[] elsewhere = [.. scores.Select((run, i) => totals[i] - fold.Sum(prompt => run[prompt]))];
            int[] ranked = [.. Enumerable.Range(0, scores.Count).OrderByDescending(run => elsewhere[run])];
            for (int rank = 0; rank < weights.Length; rank++)
                foreach (int prompt in fold)
                    column[prompt] += weights[rank] * scores[ranked[rank]][prompt];
        }

        return column;
    }

    private static IEnumerable<int[]> Parts(int prompts, ulong seed)
    {
        int[] order = [.. Enumerable.Range(0, prompts)];
        new SeededRandom(seed, "held-out").Shuffle(order.AsSpan());
        int folds = Math.Min(Folds, prompts);
        return Enumerable.Range(0, folds).Select(fold => order.Where((_, position) => position % folds == fold).ToArray());
    }
}

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
