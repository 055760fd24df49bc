using Alignment.Evaluation;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Evaluation;

public class MovedTests
{
    [Test]
    public void Means_are_of_changes_and_each_response_counts_by_its_own_tokens()
    {
        Moved moved = Moved.Of([Pair("a", -2, -8, 4, 2), Pair("b", 1, -3, 10, 6), Pair("c", -5, 2, 5, 4), Pair("d", 0, 1, 1, 1)], 1)!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(moved.Pairs, Is.EqualTo(4));
            Assert.That(moved.Chosen.Value, Is.EqualTo(-1.5).Within(1e-6));
            Assert.That(moved.Rejected.Value, Is.EqualTo(-2).Within(1e-6));
            Assert.That(moved.ChosenPerToken.Value, Is.EqualTo((-0.5 + 0.1 - 1 + 0) / 4).Within(1e-6));
            Assert.That(moved.RejectedPerToken.Value, Is.EqualTo((-4 - 0.5 + 0.5 + 1) / 4).Within(1e-6));
            Assert.That(moved.ChosenFell.Value, Is.EqualTo(0.5), "what stays has not fallen");
            Assert.That(moved.Chosen.Low, Is.LessThan(moved.Chosen.Value));
            Assert.That(moved.Chosen.High, Is.GreaterThan(moved.Chosen.Value));
        }
    }

    [TestCase(-1, -1, -1, ExpectedResult = true)]
    [TestCase(-1, -1, +1, ExpectedResult = true, TestName = "Two of three fell and the mean is far below")]
    [TestCase(-1, +0.2, +0.2, ExpectedResult = false, TestName = "Few fell, far")]
    [TestCase(-0.09, -0.09, -0.09, ExpectedResult = false, TestName = "All fell, a little")]
    public bool The_alarm_takes_most_pairs_and_a_tenth_of_a_nat_a_token(double first, double second, double third) =>
        Moved.Of([Pair("a", 10 * first, 0, 10, 1), Pair("b", 20 * second, 0, 20, 1), Pair("c", 5 * third, 0, 5, 1)], 1)!.IsAlarming;

    [Test]
    public void The_alarm_takes_more_than_half_of_the_pairs_and_no_more_than_a_tenth()
    {
        Assert.That(Moved.Of([Pair("a", -1, 0, 10, 1)], 1)!.IsAlarming, "a tenth of a nat a token");
        Assert.That(Moved.Of([Pair("a", -30, 0, 10, 1), Pair("b", 1, 0, 10, 1)], 1)!.IsAlarming, Is.False, "half of them fell");
    }

    [Test]
    public void Pairs_of_one_prompt_are_one_draw_and_no_pair_is_nothing()
    {
        Moved alone = Moved.Of([.. Enumerable.Range(0, 40).Select(i => Pair($"{i}", i % 2, 0, 1, 1))], 1)!;
        Moved together = Moved.Of([.. Enumerable.Range(0, 40).Select(i => Pair($"{i % 4}", i % 2, 0, 1, 1))], 1)!;
        Assert.That(together.Chosen.High - together.Chosen.Low, Is.GreaterThan(2 * (alone.Chosen.High - alone.Chosen.Low)));
        Assert.That(Moved.Of([], 1), Is.Null);
    }

    private static (string, HeldOutLogProbs, HeldOutLogProbs) Pair(string prompt, double chosen, double rejected, int chosenTokens, int rejectedTokens) =>
        (prompt, new(prompt, -50, -60, chosenTokens, rejectedTokens), new(prompt, (float)(chosen - 50), (float)(rejected - 60), chosenTokens, rejectedTokens));
}
