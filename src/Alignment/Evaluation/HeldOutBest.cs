using Alignment.Files;

namespace Alignment.Evaluation;

/// <summary>
/// What the pick of a budget is worth on prompts that did not choose it. The best of many runs looks better on the prompts it was chosen by
/// than on fresh ones, more so in a larger grid; ten-fold cross-fitting takes that advantage out of a comparison between methods.
/// </summary>
internal static class HeldOutBest
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
