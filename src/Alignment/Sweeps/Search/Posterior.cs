namespace Alignment.Sweeps.Search;

/// <summary>
/// What is thought of every point's score after some runs: a Gaussian process with the space's covariances and a constant mean by least squares
/// (Rasmussen and Williams 2006, chapter 2).
/// </summary>
/// <param name="Mean">[points] expected score.</param>
/// <param name="Deviation">[points] standard deviation.</param>
internal sealed record Posterior(double[] Mean, double[] Deviation)
{
    // a collapsed run is bad; how bad, says nothing of where the good ones are
    private const int ClippedFrom = 4;
    private const double ClippedBelow = 1.5;
    private const double LeastVariance = 1e-4, VarianceOfOne = 0.04, LeastNoise = 0.09, LeastDeviation = 1e-9;

    /// <summary>After some runs.</summary>
    /// <param name="space">The points.</param>
    /// <param name="seen">[runs] their points; one may be there several times.</param>
    /// <param name="scores">[runs] their mean scores.</param>
    /// <param name="noise">Variance of a mean score between runs of one point: at least that of other prompts.</param>
    public static Posterior Of(SearchSpace space, IReadOnlyList<int> seen, IReadOnlyList<double> scores, double noise) => new Fit(space, seen, scores, noise).Posterior();

    /// <summary>The chance of each method to hold the best point, in the order of the space's methods, by draws of all scores together.</summary>
    public static double[] ChancesOfBest(SearchSpace space, IReadOnlyList<int> seen, IReadOnlyList<double> scores, double noise, int draws = 4096)
    {
        double[] z = new double[space.Count], mean = Of(space, seen, scores, noise).Mean;
        Cholesky spread = new Fit(space, seen, scores, noise).Joint();
        int[] methods = [.. space.Points.Select(point => space.Methods.Index().First(method => method.Item == point.Method).Index)];
        double[] chances = new double[space.Methods.Count];
        var random = new Files.SeededRandom(0, "which method holds the best point");
        for (int draw = 0; draw < draws; draw++)
        {
            for (int i = 0; i < z.Length; i++)
                z[i] = random.NextNormal();
            int best = 0;
            double highest = double.NegativeInfinity;
            for (int point = 0; point < z.Length; point++)
                if (mean[point] + spread.Times(z, point) is var score && score > highest)
                    (best, highest) = (point, score);
            chances[methods[best]] += 1.0 / draws;
        }

        return chances;
    }

    private sealed class Fit
    {
        private readonly SearchSpace _space;
        private readonly double[][] _covariances;
        private readonly Cholesky _factor;
        private readonly double[] _weights;
        private readonly double _mean, _variance;

        public Fit(SearchSpace space, IReadOnlyList<int> seen, IReadOnlyList<double> scores, double noise)
        {
            double[] clipped = Clipped(scores);
            double average = clipped.Average();
            _variance = clipped.Length > 1 ? Math.Max(clipped.Sum(score => (score - average) * (score - average)) / (clipped.Length - 1), LeastVariance) : VarianceOfOne;
            (_space, _covariances) = (space, [.. seen.Select(space.Covariances)]);
            double nugget = Math.Max(noise / _variance, LeastNoise);
            _factor = new(seen.Count, (row, column) => _covariances[row][seen[column]] + (row == column ? nugget : 0));
            double[] ones = _factor.Solve([.. clipped.Select(_ => 1.0)]), solved = _factor.Solve(clipped);
            _mean = solved.Sum() / ones.Sum();
            _weights = [.. solved.Zip(ones, (y, one) => y - _mean * one)];
        }

        public Posterior Posterior()
        {
            double[] mean = new double[_space.Count], deviation = new double[_space.Count];
            for (int point = 0; point < mean.Length; point++)
            {
                double[] seen = Seen(point), known = _factor.Forward(seen);
                mean[point] = _mean + seen.Zip(_weights, (covariance, weight) => covariance * weight).Sum();
                deviation[point] = Math.Sqrt(Math.Max(SearchSpace.Variance - known.Sum(part => part * part), LeastDeviation) * _variance);
            }

            return new(mean, deviation);
        }

        // the covariance of all points' scores that is left
        public Cholesky Joint()
        {
            double[][] known = [.. Enumerable.Range(0, _space.Count).Select(point => _factor.Forward(Seen(point)))];
            return new(_space.Count, (row, column) =>
                _variance * (_space.Covariances(row)[column] - known[row].Zip(known[column], (a, b) => a * b).Sum()), LeastDeviation * _variance);
        }

        private double[] Seen(int point) => [.. _covariances.Select(row => row[point])];

        private static double[] Clipped(IReadOnlyList<double> scores)
        {
            if (scores.Count < ClippedFrom)
                return [.. scores];
            double[] sorted = [.. scores.Order()];
            int half = sorted.Length / 2;
            double top = sorted[^1], median = sorted.Length % 2 == 1 ? sorted[half] : 0.5 * (sorted[half - 1] + sorted[half]);
            return [.. scores.Select(score => Math.Max(score, top - ClippedBelow * (top - median)))];
        }
    }
}
