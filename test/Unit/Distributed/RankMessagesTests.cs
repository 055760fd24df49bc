using Alignment.Distributed;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Distributed;

/// <summary>Messages over several ranks, and the ranks of <see cref="RanksInTurn"/> themselves.</summary>
[NonParallelizable]
public class RankMessagesTests
{
    [Test]
    public void Every_rank_has_what_all_sent([Values(2, 3)] int ranks, [Values] bool lastFirst)
    {
        string[] heard = RanksInTurn.Run(ranks, own => string.Join(" | ",
            string.Join(' ', own.FromFirst([(byte)(7 + own.Rank), 8])),
            own.FromFirst([]).Length,
            string.Join(' ', own.Gather(new byte[own.Rank]).Select(bytes => bytes.Length)),
            string.Join(' ', own.Gather(new double[] { own.Rank + 1 }).Select(numbers => numbers.Single())),
            string.Join(' ', own.Shared(4, item => [.. Enumerable.Repeat((float)item, item)]).Select(numbers => string.Join(',', numbers))),
            own.Any(own.Rank == ranks - 1),
            own.Any(false)), lastFirst);
        Assert.That(heard, Is.All.EqualTo(ranks == 2 ? "7 8 | 0 | 0 1 | 1 2 |  1 2,2 3,3,3 | True | False" : "7 8 | 0 | 0 1 2 | 1 2 3 |  1 2,2 3,3,3 | True | False"));
    }

    [Test]
    public void A_scattered_sum_is_made_in_the_order_of_the_ranks()
    {
        float[][] parts = RanksInTurn.Run(2, own =>
        {
            using var scope = NewDisposeScope();
            Tensor part = tensor(new[] { 1f, 1f });
            own.ReduceScatter(own.Rank == 0 ? tensor(new[] { 1e8f, 2, 3, 4 }) : tensor(new[] { -1e8f, 20, 30, 40 }), part);
            return part.data<float>().ToArray();
        });
        Assert.That(parts, Is.EqualTo(new[] { new float[] { 0, 23 }, [34, 45] })); // (1 + 1e8) − 1e8 is 0 in float32
    }

    [Test]
    public void Ranks_that_do_not_call_the_same_are_told()
    {
        Assert.That(() => RanksInTurn.Run(2, own => own.Rank == 0 ? own.Any(true) : own.FromFirst([1]).Length > 0), Throws.InvalidOperationException.With.Message.EqualTo(
            "rank 1 calls Broadcast of 0 with 1 Int64, and another AllReduce with 1 Float32"));
        Assert.That(() => RanksInTurn.Run(2, own => own.Rank == 0 && own.Any(true)), Throws.Exception.With.Message.Contains("waits in AllReduce with 1 Float32 for a rank that has ended"));
        Assert.That(() => RanksInTurn.Run(2, own => own.Rank == 0 ? own.Any(true) : throw new TimeoutException()), Throws.TypeOf<TimeoutException>());
    }
}
