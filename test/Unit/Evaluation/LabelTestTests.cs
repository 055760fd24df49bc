using Alignment.Evaluation;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Evaluation;

public sealed class LabelTestTests
{
    [TestCase(new double[] { 5, 6 }, new double[] { 1, 2, 3, 4 }, 2)]
    [TestCase(new double[] { 1, 3, 4, 5.5, 7 }, new double[] { 0, 6 }, 1)]
    [TestCase(new double[] { 9 }, new double[] { 1, 2, 3 }, 1)]
    public void Methods_of_unequal_numbers_of_runs_keep_their_numbers_in_every_share_out(double[] a, double[] b, int trials)
    {
        double[] pooled = [.. a, .. b];
        double Difference(int mask) => Math.Abs(Best(mask, 1) - Best(mask, 0));
        double Best(int mask, int bit) => BestOfBudget.WithoutReplacement([.. pooled.Where((_, i) => (mask >> i & 1) == bit)], trials);
        int[] masks = [.. Enumerable.Range(0, 1 << pooled.Length).Where(mask => int.PopCount(mask) == a.Length)];
        double observed = Difference((1 << a.Length) - 1);
        Assert.That(LabelTest.P(a, b, trials, seed: 1), Is.EqualTo(masks.Count(mask => Difference(mask) >= observed - 1e-9) / (double)masks.Length));
    }

    [TestCase(1e9)]
    [TestCase(1e-9)]
    public void Scores_in_other_units_have_the_same_p(double unit)
    {
        double[] a = [0.1, 0.7, 0.3, 1.3], b = [0.2, 0.6, 1.1, 0.9];
        for (int trials = 1; trials <= 4; trials++)
            Assert.That(LabelTest.P([.. a.Select(x => x * unit)], [.. b.Select(x => x * unit)], trials, 1), Is.EqualTo(LabelTest.P(a, b, trials, 1)), $"{trials} trials");
    }

    [Test]
    public void Drawn_share_outs_never_claim_more_than_they_can_show()
    {
        double[] high = [.. Enumerable.Range(100, 30).Select(i => (double)i)], low = [.. Enumerable.Range(0, 20).Select(i => (double)i)];
        Assert.That((LabelTest.P(high, low, 1, seed: 1), LabelTest.P(low, high, 1, seed: 1)), Is.EqualTo((1e-4, 1e-4)));
    }
}
