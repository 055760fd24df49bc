using Alignment.Distributed;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Generation;

/// <summary>Ranks that are threads of this process, for what gathers only.</summary>
internal sealed class RanksOfThreads(int ranks) : IDisposable
{
    // a rank that ends without the others would let them wait for ever
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(10);

    private readonly System.Threading.Barrier _all = new(ranks);
    private readonly byte[][] _given = new byte[ranks][];

    /// <summary>What the work of each rank gives, in the order of the ranks.</summary>
    public T[] Run<T>(Func<ICollectives, T> work) => Task.WhenAll(Enumerable.Range(0, ranks).Select(rank =>
        Task.Factory.StartNew(() => work(new OneRank(this, rank, ranks)), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))).GetAwaiter().GetResult();

    public void Dispose() => _all.Dispose();

    private byte[][] Exchange(int rank, byte[] bytes)
    {
        _given[rank] = bytes;
        Meet();
        byte[][] all = [.. _given];
        Meet();
        return all;
    }

    private void Meet()
    {
        if (!_all.SignalAndWait(s_longest))
            throw new TimeoutException("a rank did not come");
    }

    private sealed class OneRank(RanksOfThreads all, int rank, int ranks) : ICollectives
    {
        public int Rank => rank;

        public int Ranks => ranks;

        public Device Device => CPU;

        public void AllGather(Tensor part, Tensor whole)
        {
            byte[] own = part.bytes.ToArray();
            foreach ((int from, byte[] bytes) in all.Exchange(rank, own).Index())
                bytes.CopyTo(whole.bytes[(from * own.Length)..]);
        }

        public void AllReduce(Tensor values) => throw new NotSupportedException();

        public void ReduceScatter(Tensor whole, Tensor part) => throw new NotSupportedException();

        public void Broadcast(Tensor values, int root) => throw new NotSupportedException();

        public void Barrier() => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
