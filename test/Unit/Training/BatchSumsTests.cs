using Alignment.Training;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Training;

[NonParallelizable]
public class BatchSumsTests
{
    [Test]
    public void Losses_are_divided_and_added_and_what_is_logged_becomes_means_over_rows()
    {
        using var scope = NewDisposeScope();
        var sums = new BatchSums();
        sums.Add(Loss(6, [1, 2, 4]), divisor: 4, rows: 3);
        sums.Add(Loss(-2, [5]), divisor: 4, rows: 1);
        Assert.That(sums.Loss, Is.EqualTo(1));
        Assert.That(sums.Means, Is.EqualTo(new KeyValuePair<string, double>[] { new("a", 3), new("b", -3) }));
    }

    [Test]
    public void A_loss_without_anything_logged_is_a_loss_alone()
    {
        using var scope = NewDisposeScope();
        PartSums part = PartSums.Of(new SummedLoss(tensor(3f), []), 2, 5);
        Assert.That((part.Loss, part.Rows, part.Logged.Count), Is.EqualTo((1.5, 5, 0)));
        Assert.That(part.Numbers(), Is.EqualTo(new[] { 1.5, 5 }));
    }

    [Test]
    public void Numbers_of_another_rank_are_its_sums_under_this_ranks_names_or_their_numbers()
    {
        using var scope = NewDisposeScope();
        PartSums own = PartSums.Of(Loss(6, [1, 2]), 4, 2);
        double[] numbers = own.Numbers();
        Assert.That(numbers, Is.EqualTo(new[] { 1.5, 2, 3, -3 }));
        Assert.That(Text(PartSums.Of([0.5, 7, 8, 9], own)), Is.EqualTo("0.5 of 7: a 8, b 9"));
        Assert.That(Text(PartSums.Of([0.5, 7, 8, 9], null)), Is.EqualTo("0.5 of 7: 0 8, 1 9"));

        static string Text(PartSums part) =>
            FormattableString.Invariant($"{part.Loss} of {part.Rows}: {string.Join(", ", part.Logged.Select(item => $"{item.Key} {item.Value}"))}");
    }

    [Test]
    public void A_sum_is_made_in_double_precision()
    {
        using var scope = NewDisposeScope();
        var sums = new BatchSums();
        foreach (float value in new[] { 1e8f, 1, -1e8f })
            sums.Add(Loss(value, [value]), divisor: 1, rows: 1);
        Assert.That((sums.Loss, sums.Means[0].Value), Is.EqualTo((1.0, 1 / 3.0)));
    }

    [TestCase(double.NaN), TestCase(double.PositiveInfinity), TestCase(double.NegativeInfinity)]
    public void A_sum_that_is_not_finite_is_thrown_with_its_value(double value)
    {
        var sums = new BatchSums();
        sums.Add(new PartSums(1, 1, []));
        Assert.That(() => sums.Add(new PartSums(value, 1, [])), Throws.TypeOf<NotFiniteNumberException>().With.Property(nameof(NotFiniteNumberException.OffendingNumber)).EqualTo(value));
    }

    // logs its values and their opposites
    private static SummedLoss Loss(float sum, float[] values) => new(tensor(sum), [new("a", tensor(values)), new("b", -tensor(values))]);
}
