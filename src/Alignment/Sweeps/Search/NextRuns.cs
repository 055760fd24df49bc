using Alignment.Evaluation;

namespace Alignment.Sweeps.Search;

/// <summary>A run that may change what is recommended.</summary>
/// <param name="Point">Index in the space; a point that is seen is run again with another seed.</param>
/// <param name="Expected">Its expected score.</param>
/// <param name="SettingChance">The chance that another setting is recommended after it.</param>
/// <param name="MethodChance">The chance that it is of another method.</param>
/// <param name="Gain">By how much the expected score of what is recommended rises on average (knowledge gradient; Frazier et al. 2009).</param>
internal sealed record NextRun(int Point, double Expected, double SettingChance, double MethodChance, double Gain);

/// <summary>The runs with the largest expected effect on the answer, which is the seen point with the highest expected score.</summary>
internal static class NextRuns
{
    /// <summary>How many are told at least, and at most.</summary>
    public const int Least = 2, Most = 4;

    // below this chance to change the answer a further run is not worth telling
    private const double LeastChance = 0.01;

    // a run's result in standard deviations: the middle of as many steps between the ends
    private const int Steps = 200;
    private const double End = 4;

    /// <summary>Chosen one after the other: until its result is known, a run stands for what is expected of it.</summary>
    /// <param name="space">The points.</param>
    /// <param name="seen">[runs] their points.</param>
    /// <param name="scores">[runs] their mean scores.</param>
    /// <param name="noise">Variance of a mean score between runs of one point.</param>
    /// <param name="candidates">Points that may be run.</param>
    public static IReadOnlyList<NextRun> Of(SearchSpace space, IReadOnlyList<int> seen, IReadOnlyList<double> scores, double noise, IReadOnlyList<int> candidates)
    {
        List<int> known = [.. seen], left = [.. candidates];
        List<double> taken = [.. scores];
        List<NextRun> runs = [];
        while (runs.Count < Most && left.Count > 0)
        {
            var after = Posterior.Of(space, known, taken, noise);
            int[] points = [.. known.Distinct()];
            NextRun best = left.Select(point => Effect(space, after, points, point)).MaxBy(run => run.Gain)!;
            if (runs.Count >= Least && best.SettingChance < LeastChance)
                break;
            runs.Add(best);
            left.Remove(best.Point);
            known.Add(best.Point);
            taken.Add(best.Expected);
        }

        return runs;
    }

    private static NextRun Effect(SearchSpace space, Posterior now, int[] seen, int point)
    {
        int leader = seen.MaxBy(other => now.Mean[other]);
        int[] recommendable = [.. seen.Append(point).Distinct()];
        double[] rise = now.Sensitivities(point);
        double setting = 0, method = 0, gain = 0, all = 0;
        for (int step = 0; step < Steps; step++)
        {
            double z = End * (2 * (step + 0.5) / Steps - 1), weight = NormalDistribution.Density(z);
            int best = recommendable.MaxBy(other => now.Mean[other] + z * rise[other]);
            all += weight;
            setting += best == leader ? 0 : weight;
            method += space.Points[best].Method == space.Points[leader].Method ? 0 : weight;
            gain += weight * (now.Mean[best] + z * rise[best] - now.Mean[leader]);
        }

        return new(point, now.Mean[point], setting / all, method / all, gain / all);
    }
}
