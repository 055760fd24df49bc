using Alignment.Evaluation;

namespace Alignment.Sweeps.Search;

/// <summary>One run of a search: a point, trained with its first or its second seed.</summary>
/// <param name="Point">Index in the space.</param>
/// <param name="Second">With the second seed.</param>
internal sealed record SearchRun(int Point, bool Second);

/// <summary>
/// Which runs come next, when only so many can be afforded: the centre of the space first, then rounds of three by expected improvement, the last runs
/// second seeds of the leaders. A round follows from the results of the rounds before it alone, and the first seeds of a search of fewer runs are the
/// first ones of a longer one.
/// </summary>
/// <param name="Space">What is picked from.</param>
/// <param name="Runs">How many runs in all; at most every point twice.</param>
internal sealed record SearchRule(SearchSpace Space, int Runs)
{
    /// <summary>Runs of a round after the start.</summary>
    public const int RoundSize = 3;

    /// <summary>A method is named from this chance to hold the best point on.</summary>
    public const double SureEnough = 0.90;

    // expected improvements nearer to each other than this share of the largest deviation are equal, and the first point wins
    private const double Tie = 1e-9;

    private static int Repeats(int runs) => runs switch { < 12 => 0, < 18 => 2, _ => 3 };

    /// <summary>How many runs have a first seed.</summary>
    public int Firsts => Math.Min(Runs - Repeats(Runs), Space.Count);

    /// <summary>The sizes of all rounds.</summary>
    public IReadOnlyList<int> RoundSizes
    {
        get
        {
            int start = Math.Min(Space.Start().Count, Firsts), rest = Firsts - start;
            int[] rounds = [start, .. Enumerable.Repeat(RoundSize, rest / RoundSize), rest % RoundSize, Runs - Firsts];
            return [.. rounds.Where(size => size > 0)];
        }
    }

    /// <summary>The next round; empty where all runs are done.</summary>
    /// <param name="done">[runs] whole rounds, in their order.</param>
    /// <param name="scores">[runs] their mean scores.</param>
    /// <param name="noise">Variance of a mean score over prompts, frozen after the first round.</param>
    public IReadOnlyList<SearchRun> Next(IReadOnlyList<SearchRun> done, IReadOnlyList<double> scores, double noise)
    {
        if (done.Count >= Runs)
            return [];
        if (done.Count == 0)
            return [.. Space.Start().Take(Firsts).Select(point => new SearchRun(point, Second: false))];
        List<int> seen = [.. done.Select(run => run.Point)];
        if (done.Count >= Firsts)
            return [.. Leaders(Space, seen, scores, noise).Take(Runs - Firsts).Select(point => new SearchRun(point, Second: true))];
        List<double> taken = [.. scores];
        List<SearchRun> round = [];
        while (round.Count < Math.Min(RoundSize, Firsts - done.Count))
        {
            // until its result is known, a pick stands for what is expected of it
            (int point, _, double mean) = Pick(Space, seen, taken, noise);
            round.Add(new(point, Second: false));
            seen.Add(point);
            taken.Add(mean);
        }

        return round;
    }

    /// <summary>The point with the largest expected improvement over the best of those seen (Jones et al. 1998, eq. 15), among those not seen.</summary>
    public static (int Point, double Improvement, double Mean) Pick(SearchSpace space, IReadOnlyList<int> seen, IReadOnlyList<double> scores, double noise)
    {
        Posterior after = Posterior.Of(space, seen, scores, noise);
        double incumbent = seen.Max(point => after.Mean[point]), tie = Tie * after.Deviation.Max();
        (int Point, double Improvement) best = (-1, double.NegativeInfinity);
        HashSet<int> known = [.. seen];
        for (int point = 0; point < space.Count; point++)
        {
            if (known.Contains(point))
                continue;
            double z = (after.Mean[point] - incumbent) / after.Deviation[point];
            double improvement = after.Deviation[point] * (z * NormalDistribution.Cumulative(z) + NormalDistribution.Density(z));
            if (improvement > best.Improvement + tie)
                best = (point, improvement);
        }

        return (best.Point, best.Improvement, after.Mean[best.Point]);
    }

    /// <summary>The points seen by expected score, highest first; the first of them is what a search recommends.</summary>
    public static IReadOnlyList<int> Leaders(SearchSpace space, IReadOnlyList<int> seen, IReadOnlyList<double> scores, double noise)
    {
        Posterior after = Posterior.Of(space, seen, scores, noise);
        return [.. seen.Distinct().OrderByDescending(point => after.Mean[point]).ThenBy(point => point)];
    }
}
