using Alignment.Files;

namespace Alignment.Evaluation;

/// <summary>
/// What a budget may bring: in every draw a method's settings are tried in random order, one of each one's runs, and the prompts are resampled, so the
/// spread of the outcomes covers the choice of settings, their seeds and the prompts. Draws of several methods from one <see cref="Bootstrap"/> share their prompts.
/// </summary>
internal sealed class BudgetDraws
{
    // [trials][draws], unsorted: draw d of two methods is on the same prompts
    private readonly double[][] _best;

    private BudgetDraws(double[][] best) => _best = best;

    /// <summary>Draws one outcome a resample of <paramref name="bootstrap"/>.</summary>
    /// <param name="settings">[settings][seeds][prompts]; the best of the runs tried is the one of the highest mean over all prompts.</param>
    /// <param name="bootstrap">Resamples the prompts.</param>
    /// <param name="seed">Of the random orders.</param>
    /// <param name="method">Names the stream of the random orders.</param>
    public static BudgetDraws Of(IReadOnlyList<IReadOnlyList<double[]>> settings, Bootstrap bootstrap, ulong seed, string method)
    {
        double[][] scores = [.. settings.SelectMany(runs => runs)];
        double[] means = [.. scores.Select(run => run.Sum())];
        // [runs][draws]
        double[][] resampled = bootstrap.ResampledMeans(scores);
        double[][] best = [.. settings.Select(_ => new double[bootstrap.Resamples])];
        int[] firstRun = [.. settings.Select((_, setting) => settings.Take(setting).Sum(runs => runs.Count))];
        var random = new SeededRandom(seed, $"budget/{method}");
        int[] order = [.. Enumerable.Range(0, settings.Count)];
        for (int draw = 0; draw < bootstrap.Resamples; draw++)
        {
            random.Shuffle(order.AsSpan());
            int pick = -1;
            for (int trial = 0; trial < order.Length; trial++)
            {
                int seeds = settings[order[trial]].Count, run = firstRun[order[trial]] + (seeds > 1 ? random.NextInt(seeds) : 0);
                pick = pick < 0 || means[run] > means[pick] ? run : pick;
                best[trial][draw] = resampled[pick][draw];
            }
        }

        return new BudgetDraws(best);
    }

    /// <summary>The score that the outcome of <paramref name="trials"/> runs stays within with probability <paramref name="quantile"/>.</summary>
    public double Quantile(int trials, double quantile)
    {
        double[] ascending = [.. _best[trials - 1]];
        Array.Sort(ascending);
        return Percentile.Of(ascending, 100 * quantile);
    }

    /// <summary>
    /// How often this method's pick of <paramref name="trials"/> runs scores higher than that of <paramref name="other"/>, 0 … 1; equal
    /// outcomes count half.
    /// </summary>
    public double ChanceToBeat(BudgetDraws other, int trials) => _best[trials - 1]
        .Zip(other._best[trials - 1], (a, b) => a > b ? 1 : a == b ? 0.5 : 0).Average();
}
