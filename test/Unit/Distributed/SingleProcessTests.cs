using Alignment.Distributed;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Distributed;

public class SingleProcessTests
{
    private readonly SingleProcess _ranks = new(CPU);

    [Test]
    public void A_sum_over_one_rank_leaves_the_values_and_a_scattered_one_is_added()
    {
        using var scope = NewDisposeScope();
        Tensor values = tensor(new[] { 1f, 2f }), part = tensor(new[] { 10f, 20f }), whole = zeros(2);
        _ranks.AllReduce(values);
        _ranks.Broadcast(values, root: 0);
        _ranks.ReduceScatter(values, part);
        _ranks.AllGather(part, whole);
        Assert.That(whole.data<float>().ToArray(), Is.EqualTo(new[] { 11f, 22f }));
    }

    [Test]
    public void Messages_of_one_rank_come_back()
    {
        Assert.That(_ranks.FromFirst([1, 2, 3]), Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(_ranks.Gather([0.5, -1]), Is.EqualTo(new[] { new[] { 0.5, -1 } }));
        Assert.That(_ranks.Any(true), Is.True);
        Assert.That(_ranks.Any(false), Is.False);
    }
}
