using Alignment.Evaluation;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Evaluation;

/// <summary>Against the example of Newcombe 1998, and numbers of scipy 1.10.1 and numpy 1.24.2.</summary>
public sealed class SpreadTests
{
    [TestCase(56, 70, 48, 80, 0.2, 0.052431472402365065, 0.333872654036906)]
    [TestCase(0, 10, 3, 10, -0.3, -0.6032218525388546, 0.03759243457905065)]
    public void A_difference_of_shares_has_Newcombes_interval(int a, int ofA, int b, int ofB, double value, double low, double high)
    {
        Estimate difference = Spread.ShareDifference(a, ofA, b, ofB);
        Assert.That(new[] { difference.Value, difference.Low, difference.High }, Is.EqualTo(new[] { value, low, high }).Within(1e-12));
    }

    [Test]
    public void A_slope_is_that_of_least_squares()
    {
        (double, double)[] points = [.. new[] { 0.01, 0.05, 0.1, 0.2 }.Select(Math.Log10).Zip([1.0, 0.9, 0.95, 0.6])];
        Lead slope = Spread.Slope([points])!;
        Estimate interval = slope.Interval(0.95);
        Assert.That(new[] { slope.Value, slope.StandardError, interval.Low, interval.High },
            Is.EqualTo(new[] { -0.2446302343551998, 0.14863415077188466, -0.8841513689318934, 0.39489090022149376 }).Within(1e-10));
    }

    [Test]
    public void Groups_have_a_mean_of_their_own()
    {
        Lead slope = Spread.Slope([[(0, 1.0), (1, 1.4), (2, 1.5)], [(0, 3.0), (1, 3.1), (2, 3.6)]])!;
        Assert.That(new[] { slope.Value, slope.StandardError, slope.Freedom }, Is.EqualTo(new[] { 0.275, 0.06066758241067097, 3 }).Within(1e-12));
        Assert.That(Spread.Slope([[(0, 1)], [(1, 2)]]), Is.Null, "one point a group");
        Assert.That(Spread.Slope([[(0, 1), (1, 2)]]), Is.Null, "a line through two points leaves nothing over");
        Assert.That(Spread.Slope([[(1, 2), (1, 3), (1, 5)]]), Is.Null, "points above each other");
        // residuals 1/6, -1/3, 1/6 of the line 5/6 + 3x/2
        Lead three = Spread.Slope([[(0, 1), (1, 2), (2, 4)]])!;
        Assert.That(new[] { three.Value, three.StandardError, three.Freedom }, Is.EqualTo(new[] { 1.5, Math.Sqrt(1 / 12.0), 1 }).Within(1e-12));
    }

    [Test]
    public void Spreads_are_compared_by_the_log_of_their_ratio()
    {
        // variances 1 and 4
        Lead ratio = Spread.LogRatio([[1, 2, 3]], [[2, 4, 6]])!;
        Assert.That(new[] { ratio.Value, ratio.StandardError, ratio.Freedom }, Is.EqualTo(new[] { -Math.Log(2), Math.Sqrt(0.5), 2 }).Within(1e-12));
        // squares 8 and 2 of two groups, with 3 degrees of freedom
        Lead pooled = Spread.LogRatio([[1, 2, 3]], [[2, 4, 6], [0, 2]])!;
        Assert.That(new[] { pooled.Value, pooled.StandardError, pooled.Freedom }, Is.EqualTo(new[] { 0.5 * Math.Log(0.3), Math.Sqrt(0.5 / 2 + 0.5 / 3), 2 }).Within(1e-12));
        foreach ((double[] few, string why) in new (double[], string)[] { ([1, 2], "too few"), ([1, 1, 1], "no spread"), ([1], "one") })
        {
            Assert.That(Spread.LogRatio([few], [[2, 4, 6]]), Is.Null, why);
            Assert.That(Spread.LogRatio([[2, 4, 6]], [few]), Is.Null, why);
        }
    }
}
