using Alignment.Rewards;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Rewards;

public class PairAccuracyTests
{
    // the two roots p of (x / n − p)² = z² p (1 − p) / n
    [TestCase(60, 100, 0.5020026, 0.6905987)]
    [TestCase(8, 10, 0.4901625, 0.9433178)]
    [TestCase(0, 10, 0, 0.2775328)]
    [TestCase(10, 10, 0.7224672, 1)]
    public void The_interval_is_Wilsons(int right, int total, double low, double high)
    {
        var accuracy = new PairAccuracy(right, total);
        Assert.That(accuracy.Low, Is.EqualTo(low).Within(1e-7));
        Assert.That(accuracy.High, Is.EqualTo(high).Within(1e-7));
    }

    [Test]
    public void Nothing_is_known_without_pairs()
    {
        var none = new PairAccuracy(0, 0);
        Assert.That((none.Low, none.High), Is.EqualTo((0.0, 1.0)));
        Assert.That(none.Value, Is.NaN);
    }

    [Test]
    public void A_tie_counts_as_half()
    {
        var accuracy = PairAccuracy.Count([1, 2, 3], [1, 1, 4]);
        Assert.That(accuracy, Is.EqualTo(new PairAccuracy(1, 3, 1)));
        Assert.That(accuracy.Value, Is.EqualTo(0.5));
        Assert.That(accuracy.ToString(), Is.EqualTo("0.500 (0.125 … 0.875, 1 of 3 pairs, 1 ties as half)"));
    }

    [Test]
    [SetCulture("de-DE")]
    public void Text_is_the_same_in_every_culture() =>
        Assert.That(new PairAccuracy(60, 100).ToString(), Is.EqualTo("0.600 (0.502 … 0.691, 60 of 100 pairs)"));
}
