using Alignment.Evaluation;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Evaluation;

public sealed class RankingTests
{
    [TestCase(0.01, 1, 1)]
    [TestCase(0.1, 30, 3)]
    [TestCase(0.1, 31, 4)]
    [TestCase(0.25, 6, 2)]
    [TestCase(1.0, 5, 5)]
    [TestCase(0.25, 0, 0)]
    public void The_top_fraction_is_rounded_up(double fraction, int runs, int expected) =>
        Assert.That(TopFraction.Of(Enumerable.Range(0, runs).ToList(), fraction), Is.EqualTo(Enumerable.Range(0, expected)));

    [TestCase(1, 0)]
    [TestCase(4, 0)]
    [TestCase(5, 1)]
    [TestCase(8, 1)]
    [TestCase(9, 2)]
    [TestCase(101, 25)]
    public void The_best_75_percent_run_stands_above_three_quarters_of_the_others(int runs, int expected)
    {
        Assert.That(TopFraction.BestOfThreeQuarters(Enumerable.Range(0, runs).ToList()), Is.EqualTo(expected));
        Assert.That(runs - 1 - expected, Is.GreaterThanOrEqualTo(0.75 * (runs - 1)));
    }

    [Test]
    public void Equal_scores_are_ranked_by_id_whatever_the_order_read()
    {
        (string Id, double Score)[] runs = [("b", 1), ("a", 1), ("c", 2)];
        Assert.That(TopFraction.Ranked(runs, r => r.Score, r => r.Id).Select(r => r.Id), Is.EqualTo(new[] { "c", "a", "b" }));
    }

    [Test]
    public void Empty_sets_and_impossible_fractions_are_refused()
    {
        Assert.That(() => TopFraction.BestOfThreeQuarters(Array.Empty<int>()), Throws.ArgumentException
            .With.Message.StartsWith("the best-75 % run of no runs does not exist"));
        Assert.That(() => TopFraction.Of([1], 0), Throws.TypeOf<ArgumentOutOfRangeException>()
            .With.Message.StartsWith("a fraction of runs is above 0 and at most 1"));
        Assert.That(() => Distribution.Of([]), Throws.ArgumentException.With.Message.StartsWith("a distribution needs at least one value, got none"));
        Assert.That(() => Percentile.Of([], 5), Throws.ArgumentException.With.Message.StartsWith("a percentile needs at least one value, got none"));
        Assert.That(() => Percentile.Of([1], 101), Throws.TypeOf<ArgumentOutOfRangeException>()
            .With.Message.StartsWith("a percentile is between 0 and 100"));
    }

    [Test]
    public void A_distribution_interpolates_between_order_statistics()
    {
        var distribution = Distribution.Of([4, 1, 3, 2]);
        Assert.That((distribution.Min, distribution.Median, distribution.Max, distribution.Mean), Is.EqualTo((1.0, 2.5, 4.0, 2.5)));
        Assert.That(distribution.At(25), Is.EqualTo(1.75));
        Assert.That(distribution.PopulationStandardDeviation, Is.EqualTo(Math.Sqrt(1.25)).Within(1e-15));
        Assert.That(distribution.SampleStandardDeviation, Is.EqualTo(Math.Sqrt(5 / 3.0)).Within(1e-15));
        Assert.That((distribution.At(0), distribution.At(100)), Is.EqualTo((distribution.Min, distribution.Max)));
        Assert.That(Distribution.Of([7]).SampleStandardDeviation, Is.Zero);
    }
}
