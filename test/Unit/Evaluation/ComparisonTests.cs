using Alignment.Evaluation;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Evaluation;

public sealed class ComparisonTests
{
    [Test]
    public void A_tie_is_neither_a_win_nor_a_loss()
    {
        var rate = WinRate.Of([1, 2, 3, 4], [0, 2, 3, 5]);
        Assert.That(rate, Is.EqualTo(new WinRate(1, 2, 1)));
        Assert.That((rate.WinShare, rate.TieShare, rate.LossShare), Is.EqualTo((0.25, 0.5, 0.25)));
    }

    [Test]
    public void A_win_rate_of_nothing_is_refused() =>
        Assert.That(() => WinRate.Of([], []), Throws.ArgumentException
            .With.Message.EqualTo("a win rate needs as many scores on both sides and at least one, got 0 and 0"));

    [Test]
    public void Head_to_head_counts_wins_ties_and_losses_of_the_same_prompts()
    {
        var bootstrap = new Bootstrap(4, 1, 100);
        IReadOnlyList<SampleRow> a = Rows.Scores(1, 2, 3, 4), b = Rows.Scores(0, 2, 2, 5);
        var there = HeadToHead.Of(a, b, bootstrap);
        var back = HeadToHead.Of(b, a, bootstrap);

        Assert.That(there.Counts, Is.EqualTo(new WinRate(2, 1, 1)));
        Assert.That((there.FirstWins.Value, there.Ties.Value, there.SecondWins.Value), Is.EqualTo((0.5, 0.25, 0.25)));
        Assert.That(there.ScoreDifference.Value, Is.EqualTo(0.25));
        Assert.That(back.FirstWins, Is.EqualTo(there.SecondWins));
        Assert.That(back.ScoreDifference.Low, Is.EqualTo(-there.ScoreDifference.High));
    }

    [Test]
    public void Runs_on_other_prompts_cannot_be_paired()
    {
        SampleRow[] a = [Rows.Row(0, 1), Rows.Row(1, 1), Rows.Row(2, 1)], b = [Rows.Row(0, 1), Rows.Row(3, 1)];
        Assert.That(() => HeadToHead.Of(a, b, new Bootstrap(3, 0, 5)), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            "two runs can be paired only on the same prompts: the first lacks prompt_index 3; the second lacks prompt_index 1, 2"));
    }

    [Test]
    public void Length_normalised_kl_is_not_the_token_weighted_one()
    {
        Assert.That(Divergence.MeanKl([1, 9]), Is.EqualTo(5));
        Assert.That(Divergence.MeanKlPerToken([1, 9], [1, 3]), Is.EqualTo(2));
        Assert.That(Divergence.TokenWeightedKl([1, 9], [1, 3]), Is.EqualTo(2.5));
        Assert.That(() => Divergence.MeanKl([]), Throws.ArgumentException
            .With.Message.EqualTo("a divergence needs at least one sample, got none"));
        Assert.That(() => Divergence.TokenWeightedKl([1], [1, 2]), Throws.ArgumentException
            .With.Message.EqualTo("every sample has a log-ratio and a length, got 1 and 2"));
    }

    [Test]
    public void Lengths_say_how_many_responses_ended()
    {
        var lengths = LengthStatistics.Of([Rows.Row(0, 0, length: 2), Rows.Row(1, 0, length: 6) with { Ended = false }]);
        Assert.That(lengths.Tokens.Mean, Is.EqualTo(4));
        Assert.That(lengths.EndedShare, Is.EqualTo(0.5));
    }
}
