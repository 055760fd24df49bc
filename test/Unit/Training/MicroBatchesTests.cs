using Alignment.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Training;

public class MicroBatchesTests
{
    private static readonly long[] s_tokens = [9, 7, 7, 4, 2, 1];

    [Test]
    public void Rows_stay_in_their_order_so_many_together_as_the_tokens_allow() =>
        Assert.That(Parts(new() { MicroBatch = int.MaxValue, TokenBudget = 14 }), Is.EqualTo(new[] { "0", "1 2", "3 4 5" }));

    [Test]
    public void A_row_above_the_budget_goes_by_itself() =>
        Assert.That(Parts(new() { MicroBatch = int.MaxValue, TokenBudget = 5 }), Is.EqualTo(new[] { "0", "1", "2", "3", "4 5" }));

    [Test]
    public void Without_a_budget_the_rows_are_counted_alone() => Assert.That(Parts(new() { MicroBatch = 4 }), Is.EqualTo(new[] { "0 1 2 3", "4 5" }));

    [Test]
    public void Both_limits_hold() => Assert.That(Parts(new() { MicroBatch = 2, TokenBudget = 14 }), Is.EqualTo(new[] { "0", "1 2", "3 4", "5" }));

    [Test]
    public void No_rows_are_no_parts() => Assert.That(MicroBatches.Of([], _ => 1, new()), Is.Empty);

    private static string[] Parts(SpeedSettings speed) =>
        [.. MicroBatches.Of(Enumerable.Range(0, s_tokens.Length), row => s_tokens[row], speed).Select(part => string.Join(' ', part))];
}
