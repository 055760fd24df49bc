using Alignment.Evaluation;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Evaluation;

public sealed class ComparisonTests
{
    [Test]
    public void A_tie_is_neither_a_win_nor_a_loss()
    {
        HeadToHead pair = Compare([Rows.Row(0, 1), Rows.Row(1, 2), Rows.Row(2, 3), Rows.Row(3, 4)], [Rows.Row(0, 0), Rows.Row(1, 2), Rows.Row(2, 3), Rows.Row(3, 5)]);
        Assert.That((pair.FirstWins.Value, pair.Ties.Value, pair.SecondWins.Value), Is.EqualTo((0.25, 0.5, 0.25)));
    }

    [Test]
    public void Head_to_head_counts_wins_ties_and_losses_of_the_same_prompts()
    {
        IReadOnlyList<SampleRow> a = Rows.Scores(1, 2, 3, 4), b = Rows.Scores(0, 2, 2, 5);
        HeadToHead there = Compare(a, b), back = Compare(b, a);

        Assert.That((there.FirstWins.Value, there.Ties.Value, there.SecondWins.Value), Is.EqualTo((0.5, 0.25, 0.25)));
        Assert.That(there.ScoreDifference.Value, Is.EqualTo(0.25));
        Assert.That(back.FirstWins, Is.EqualTo(there.SecondWins));
        Assert.That(back.ScoreDifference.Low, Is.EqualTo(-there.ScoreDifference.High));
    }

    [Test]
    public void Rows_in_any_order_are_compared_by_their_prompts() =>
        Assert.That(Compare([Rows.Row(1, 1), Rows.Row(0, 5)], [Rows.Row(0, 4), Rows.Row(1, 3)]).ScoreDifference.Value, Is.EqualTo(-0.5));

    [Test]
    public void Runs_on_other_prompts_cannot_be_paired()
    {
        SampleRow[] a = [Rows.Row(0, 1), Rows.Row(1, 1), Rows.Row(2, 1)], b = [Rows.Row(0, 1), Rows.Row(3, 1)];
        Assert.That(() => Compare(a, b), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            "two runs can be paired only on the same prompts: the first lacks prompt_index 3; the second lacks prompt_index 1, 2"));
    }

    [Test]
    public void Kl_is_divided_by_each_samples_own_length() =>
        Assert.That(SampleColumns.Of([Rows.Row(0, 0, kl: 1, length: 1), Rows.Row(1, 0, kl: 9, length: 3)]).KlPerToken, Is.EqualTo(new[] { 1.0, 3.0 }));

    private static HeadToHead Compare(IReadOnlyList<SampleRow> first, IReadOnlyList<SampleRow> second) =>
        HeadToHead.Of(SampleColumns.Of(first), SampleColumns.Of(second), new Bootstrap(first.Count, 1, 100));
}
