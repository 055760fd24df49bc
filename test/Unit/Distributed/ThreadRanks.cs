using Alignment.Distributed;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Distributed;

/// <summary>Ranks that are threads of this process: sums are formed in the order of the ranks. One that never comes ends the others after a minute.</summary>
internal sealed class ThreadRanks : ICollectives
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);
    private readonly Barrier _meeting;
    private readonly Tensor[] _given;

    private ThreadRanks(int rank, Barrier meeting, Tensor[] given) => (Rank, _meeting, _given) = (rank, meeting, given);

    public int Rank { get; }

    public int Ranks => _given.Length;

    public Device Device => CPU;

    /// <summary>So many, each for a thread of its own.</summary>
    public static ThreadRanks[] Of(int count)
    {
        var meeting = new Barrier(count);
        var given = new Tensor[count];
        return [.. Enumerable.Range(0, count).Select(rank => new ThreadRanks(rank, meeting, given))];
    }

    public void AllReduce(Tensor values) => Meet(values.clone(), () =>
    {
        Tensor sum = _given[0].clone();
        foreach (Tensor other in _given[1..])
            sum.add_(other);
        values.copy_(sum);
    });

    public void AllGather(Tensor part, Tensor whole) => Meet(part, () => whole.copy_(cat(_given)));

    public void ReduceScatter(Tensor whole, Tensor part) => Meet(whole, () =>
    {
        foreach (Tensor other in _given)
            part.add_(other.narrow(0, Rank * part.numel(), part.numel()));
    });

    public void Broadcast(Tensor values, int root) => Meet(values, () =>
    {
        if (Rank != root)
            values.copy_(_given[root]);
    });

    public void Barrier() => Wait();

    public void Dispose()
    {
    }

    // everybody lays something down, takes what it needs, and goes when all have it
    private void Meet(Tensor mine, Action take)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        _given[Rank] = mine;
        Wait();
        take();
        Wait();
    }

    private void Wait()
    {
        if (!_meeting.SignalAndWait(s_patience))
            throw new TimeoutException($"rank {Rank} is alone");
    }
}
