using Alignment.Evaluation;
using Alignment.Recipes;
using Alignment.Sweeps.Search;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps.Search;

/// <summary>Covariances and posterior against the same formulas written out plainly, with an inverse in place of a factor.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class PosteriorTests
{
    private const double Noise = 0.01;

    // a method of numbers on a log scale, with a margin that is told twice; and one with a value of 0 and one that is no number
    private static readonly GridPoint[] s_points =
    [
        .. new[] { "1e-5", "1e-4", "1e-3" }.SelectMany(rate => new[] { "1", "3" }, (rate, epochs) => Point("SimPO", ("Beta", "2"), ("Gamma", rate == "1e-4" ? "1" : "4"), ("LearningRate", rate), ("Epochs", epochs))),
        .. new[] { "0", "0.5", "1" }.SelectMany(alpha => new[] { "sum", "mean" }, (alpha, kind) => Point("Other", ("Alpha", alpha), ("Kind", kind), ("LearningRate", alpha == "1" ? "1e-3" : "1e-5"), ("Epochs", "1"))),
    ];

    // made for each test: it remembers covariances
    private readonly SearchSpace _space = SearchSpace.Of(s_points);

    [Test]
    public void Covariances_are_those_of_the_formula()
    {
        Assert.That((_space.Count, SearchSpace.Variance, string.Join(',', _space.Methods)), Is.EqualTo((12, 1.1, "SimPO,Other")));
        for (int first = 0; first < 12; first++)
            Assert.That(_space.Covariances(first), Is.EqualTo(Enumerable.Range(0, 12).Select(second => Covariance(first, second))).Within(1e-12), $"{first}");
    }

    [TestCase(new[] { 0, 7 }, new[] { 1.0, 2.0 }, TestName = "Two runs")]
    [TestCase(new[] { 3 }, new[] { 5.0 }, TestName = "One run, of whose spread nothing is known")]
    [TestCase(new[] { 1, 8, 4 }, new[] { 2.0, 2.0, 2.0 }, TestName = "Runs that are all alike")]
    [TestCase(new[] { 2, 9, 5, 2, 11 }, new[] { 1.5, 1.4, -9.0, 1.7, 1.45 }, TestName = "A collapsed run, and a point seen twice")]
    [TestCase(new[] { 2, 9, 5 }, new[] { 1.5, 1.4, -9.0 }, TestName = "Of three runs none counts as collapsed")]
    public void Mean_deviation_and_what_another_run_would_move_are_those_of_the_plain_formula(int[] seen, double[] scores)
    {
        double best = scores.Max(), middle = Distribution.Of(scores).Median;
        double[] y = [.. scores.Select(score => scores.Length < 4 ? score : Math.Max(score, best - 1.5 * (best - middle)))];
        double mean = y.Average(), variance = y.Length == 1 ? 0.04 : Math.Max(y.Sum(score => (score - mean) * (score - mean)) / (y.Length - 1), 1e-4), nugget = Math.Max(Noise / variance, 0.01);
        double[,] inverse = Inverse(seen.Length, (i, j) => Covariance(seen[i], seen[j]) + (i == j ? nugget : 0));
        double Form(Func<int, double> a, Func<int, double> b) => Enumerable.Range(0, seen.Length).Sum(i => Enumerable.Range(0, seen.Length).Sum(j => a(i) * inverse[i, j] * b(j)));
        double constant = Form(_ => 1, j => y[j]) / Form(_ => 1, _ => 1);
        double After(int a, int b) => Covariance(a, b) - Form(i => Covariance(seen[i], a), j => Covariance(seen[j], b));

        var after = Posterior.Of(_space, seen, scores, Noise);
        Assert.That(after.Mean, Is.EqualTo(Enumerable.Range(0, 12).Select(point => constant + Form(i => Covariance(seen[i], point), j => y[j] - constant))).Within(1e-9));
        Assert.That(after.Deviation, Is.EqualTo(Enumerable.Range(0, 12).Select(point => Math.Sqrt(variance * After(point, point)))).Within(1e-9));
        foreach (int point in new[] { 0, seen[0], 11 })
            Assert.That(after.Sensitivities(point), Is.EqualTo(Enumerable.Range(0, 12)
                .Select(other => Math.Sqrt(variance) * After(other, point) / Math.Sqrt(After(point, point) + nugget))).Within(1e-9));
    }

    [Test]
    public void A_methods_chance_to_hold_the_best_of_two_points_is_that_of_their_difference()
    {
        SearchSpace two = SearchSpace.Of([s_points[0], s_points[11]]);
        var after = Posterior.Of(two, [0, 1, 1], [1.0, 1.1, 1.12], Noise);
        // a difference is normal: both variances less twice what they have in common
        double rise = after.Sensitivities(0)[1] * Math.Sqrt(after.Deviation[0] * after.Deviation[0] + Nugget(1.0, 1.1, 1.12));
        double deviation = Math.Sqrt(after.Deviation[0] * after.Deviation[0] + after.Deviation[1] * after.Deviation[1] - 2 * rise);
        double chance = NormalDistribution.Cumulative((after.Mean[0] - after.Mean[1]) / deviation);
        Assert.That(chance, Is.InRange(0.05, 0.45));
        Assert.That(after.ChancesOfBest(), Is.EqualTo(new[] { chance, 1 - chance }).Within(0.02));
        Assert.That(after.ChancesOfBest(8).Sum(), Is.EqualTo(1).Within(1e-12));
        double[] first = after.ChancesOfBest(), again = after.ChancesOfBest();
        Assert.That(again, Is.EqualTo(first), "the same draws each time");

        static double Nugget(params double[] y) => Math.Max(Noise, 0.01 * Distribution.Squares(y) / (y.Length - 1));
    }

    [Test]
    public void A_pivot_that_rounding_has_taken_below_the_least_counts_as_that()
    {
        var factor = new Cholesky(2, (_, _) => 1, least: 0.25);
        Assert.That((factor.Times([2, 3], 0), factor.Times([2, 3], 1)), Is.EqualTo((2.0, 3.5)));
        Assert.That(new Cholesky(2, (row, column) => row == column ? 4 : 2).Solve([8, 10]), Is.EqualTo(new[] { 1, 2.0 }).Within(1e-12));
    }

    [Test]
    public void Of_a_margin_and_its_ratio_to_beta_the_one_with_fewer_values_is_the_recipes_own()
    {
        GridPoint[] ofGamma = [Point("SimPO", ("Beta", "2"), ("Gamma", "1"), ("GammaBetaRatio", "0.5"), ("LearningRate", "1"), ("Epochs", "1"), ("Seed", "1")),
            Point("SimPO", ("Beta", "4"), ("Gamma", "1"), ("GammaBetaRatio", "0.25"))], ofRatio = [ofGamma[0], Point("SimPO", ("Beta", "4"), ("Gamma", "2"), ("GammaBetaRatio", "0.5"))];
        Assert.That(SearchSpace.OwnNames(ofGamma), Is.EqualTo(new[] { "Beta", "Gamma" }));
        Assert.That(SearchSpace.OwnNames(ofRatio), Is.EqualTo(new[] { "Beta", "GammaBetaRatio" }));
        Assert.That(SearchSpace.OwnNames([ofGamma[0]]), Is.EqualTo(new[] { "Beta", "Gamma" }), "of as many, the margin itself");
        Assert.That(SearchSpace.OwnNames([Point("SimPO", ("Beta", "2"), ("GammaBetaRatio", "0.5"))]), Is.EqualTo(new[] { "Beta", "GammaBetaRatio" }));
    }

    [Test]
    public void A_search_starts_at_the_lower_middle_of_all_but_the_first_of_a_methods_own_values()
    {
        GridPoint[] points =
        [
            .. new[] { "1e-5", "1e-4", "1e-3", "1e-2" }.SelectMany(rate => new[] { "1", "2", "3", "4" }, (rate, beta) => (rate, beta))
                .SelectMany(_ => new[] { "0.1", "0.2" }, (at, alpha) => (at.rate, at.beta, alpha)).SelectMany(_ => new[] { "1", "3" }, (at, epochs) =>
                    Point("LD-DPO", ("Beta", at.beta), ("Alpha", at.alpha), ("LearningRate", at.rate), ("Epochs", epochs))),
        ];
        Assert.That(SearchSpace.Of(points).Start().Select(point => points[point].Slug), Is.EqualTo(new[]
        {
            "LD-DPO Beta3 Alpha0.1 LearningRate1e-4 Epochs1", "LD-DPO Beta2 Alpha0.1 LearningRate1e-3 Epochs1",
        }));
        Assert.That(SearchSpace.Of([points[0]]).Start(), Is.EqualTo(new[] { 0 }));
        Assert.That(SearchSpace.Of([.. new[] { "1", "2", "4" }.Select(epochs => Point("DPO", ("Beta", "1"), ("LearningRate", "1"), ("Epochs", epochs)))]).Start(), Is.EqualTo(new[] { 1 }), "the middle of three");
        GridPoint[] words = [.. new[] { "0.5", "auto" }.Select(kind => Point("DPO", ("Kind", kind), ("LearningRate", "1"), ("Epochs", "1")))];
        Assert.That(SearchSpace.Of(words).Covariances(0)[1], Is.EqualTo(0.5 + 0.5 * Matern(1 / 0.64)).Within(1e-12), "beside a word a number is one, too");
        // the middles are 0.6 and 0.3: the first is 0.6 from both together, the second and the third 0.7
        GridPoint[] apart = [.. new[] { ("0", "0.3"), ("0.6", "1"), ("1", "0") }.Select(own => Point("LD-DPO", ("Alpha", own.Item1), ("Lambda", own.Item2), ("LearningRate", "1"), ("Epochs", "1")))];
        Assert.That(SearchSpace.Of(apart).Start(), Is.EqualTo(new[] { 0 }), "the nearest in sum where the grid lacks the middle of both");
    }

    private static GridPoint Point(string method, params (string Name, string Value)[] parameters) =>
        new(method, $"{method} {string.Join(' ', parameters.Select(at => at.Name + at.Value))}", [.. parameters.Select(at => new KeyValuePair<string, string>(at.Name, at.Value))]);

    // rates 1e-5 … 1e-3 and epochs 1 and 3 are 0 … 1; the margins 1 and 4 are 0 and 1, the ratio is left out; 0 keeps alpha linear, words have their order
    private static double Covariance(int first, int second)
    {
        (GridPoint a, GridPoint b) = (s_points[first], s_points[second]);
        double shared = Square((Place(a, "LearningRate") - Place(b, "LearningRate")) / 0.4) + Square((Place(a, "Epochs") - Place(b, "Epochs")) / 0.8);
        double own = a.Method != b.Method ? 0 : a.Method == "SimPO" ? Square((Place(a, "Gamma") - Place(b, "Gamma")) / 1.5)
            : Square((Place(a, "Alpha") - Place(b, "Alpha")) / 0.8) + Square((Place(a, "Kind") - Place(b, "Kind")) / 1.5);
        return (first == second ? 0.1 : 0) + 0.35 * Matern(shared) + (a.Method == b.Method ? 0.15 + 0.5 * Matern(shared + own) : 0);
    }

    private static double Place(GridPoint point, string name) => point.Spelling(name) switch
    {
        "1e-5" or "sum" or "0" => 0,
        "1e-4" or "0.5" => 0.5,
        "1" => name == "Alpha" ? 1 : 0,
        _ => 1,
    };

    private static double Matern(double square) => (1 + Math.Sqrt(5 * square) + 5 * square / 3) * Math.Exp(-Math.Sqrt(5 * square));

    private static double Square(double value) => value * value;

    // Gauss and Jordan
    private static double[,] Inverse(int size, Func<int, int, double> entry)
    {
        double[,] a = new double[size, 2 * size];
        for (int i = 0; i < size; i++)
            for (int j = 0; j < size; j++)
                (a[i, j], a[i, size + j]) = (entry(i, j), i == j ? 1 : 0);
        for (int pivot = 0; pivot < size; pivot++)
        {
            double by = a[pivot, pivot];
            for (int j = 0; j < 2 * size; j++)
                a[pivot, j] /= by;
            for (int i = 0; i < size; i++)
            {
                double factor = i == pivot ? 0 : a[i, pivot];
                for (int j = 0; j < 2 * size; j++)
                    a[i, j] -= factor * a[pivot, j];
            }
        }

        double[,] inverse = new double[size, size];
        for (int i = 0; i < size; i++)
            for (int j = 0; j < size; j++)
                inverse[i, j] = a[i, size + j];
        return inverse;
    }
}
