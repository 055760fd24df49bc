using Alignment.Evaluation;

namespace Alignment.Sweeps.Search;

/// <summary>
/// What is thought of every point's score after some runs: a Gaussian process with the space's covariances and a constant mean by least squares
/// (Rasmussen and Williams 2006, chapter 2).
/// </summary>
internal sealed class Posterior
{
    // a collapsed run is bad; how bad, says nothing of where the good ones are
    private const int ClippedFrom = 4;
    private const double ClippedBelow = 1.5;
    private const double LeastVariance = 1e-4, VarianceOfOne = 0.04, LeastNoise = 0.01, LeastDeviation = 1e-9;
    private readonly SearchSpace _space;
    private readonly double[][] _known;
    private readonly double _variance, _nugget;

    private Posterior(SearchSpace space, IReadOnlyList<int> seen, IReadOnlyList<double> scores, double noise)
    {
        double[] clipped = Clipped(scores);
        _variance = clipped.Length > 1 ? Math.Max(Distribution.Squares(clipped) / (clipped.Length - 1), LeastVariance) : VarianceOfOne;
        _nugget = Math.Max(noise / _variance, LeastNoise);
        _space = space;
        double[][] covariances = [.. seen.Select(space.Covariances)];
        var factor = new Cholesky(seen.Count, (row, column) => covariances[row][seen[column]] + (row == column ? _nugget : 0));
        double[] ones = factor.Solve([.. clipped.Select(_ => 1.0)]), solved = factor.Solve(clipped);
        double mean = solved.Sum() / ones.Sum();
        double[] weights = [.. solved.Zip(ones, (y, one) => y - mean * one)];
        (Mean, Deviation, _known) = (new double[space.Count], new double[space.Count], new double[space.Count][]);
        for (int point = 0; point < Mean.Length; point++)
        {
            double[] own = [.. covariances.Select(row => row[point])];
            _known[point] = factor.Forward(own);
            Mean[point] = mean + Dot(own, weights);
            Deviation[point] = Math.Sqrt(Math.Max(SearchSpace.Variance - Dot(_known[point], _known[point]), LeastDeviation) * _variance);
        }
    }

    /// <summary>[points] expected score.</summary>
    public double[] Mean { get; }

    /// <summary>[points] standard deviation.</summary>
    public double[] Deviation { get; }

    /// <summary>After some runs.</summary>
    /// <param name="space">The points.</param>
    /// <param name="seen">[runs] their points; one may be there several times.</param>
    /// <param name="scores">[runs] their mean scores.</param>
    /// <param name="noise">Variance of a mean score between runs of one point: at least that of other prompts.</param>
    public static Posterior Of(SearchSpace space, IReadOnlyList<int> seen, IReadOnlyList<double> scores, double noise) => new(space, seen, scores, noise);

    /// <summary>[points] by how much each mean rises where another run of one point comes out a standard deviation above its mean, a run's noise included.</summary>
    public double[] Sensitivities(int point)
    {
        double deviation = Math.Sqrt(Deviation[point] * Deviation[point] + _nugget * _variance);
        return [.. _space.Covariances(point).Select((prior, other) => _variance * (prior - Dot(_known[other], _known[point])) / deviation)];
    }

    /// <summary>The chance of each method to hold the best point, in the order of the space's methods, by draws of all scores together.</summary>
    public double[] ChancesOfBest(int draws = 4096)
    {
        var spread = new Cholesky(_space.Count, (row, column) => _variance * (_space.Covariances(row)[column] - Dot(_known[row], _known[column])), LeastDeviation * _variance);
        int[] methods = [.. _space.Points.Select(point => _space.Methods.Index().First(method => method.Item == point.Method).Index)];
        double[] z = new double[_space.Count], chances = new double[_space.Methods.Count];
        var random = new Files.SeededRandom(0, "which method holds the best point");
        for (int draw = 0; draw < draws; draw++)
        {
            for (int i = 0; i < z.Length; i++)
                z[i] = random.NextNormal();
            int best = 0;
            double highest = double.NegativeInfinity;
            for (int point = 0; point < z.Length; point++)
                if (Mean[point] + spread.Times(z, point) is var score && score > highest)
                    (best, highest) = (point, score);
            chances[methods[best]] += 1.0 / draws;
        }

        return chances;
    }

    private static double[] Clipped(IReadOnlyList<double> scores)
    {
        if (scores.Count < ClippedFrom)
            return [.. scores];
        var all = Distribution.Of(scores);
        return [.. scores.Select(score => Math.Max(score, all.Max - ClippedBelow * (all.Max - all.Median)))];
    }

    private static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }
}
