using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Alignment.Distributed;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Distributed;

/// <summary>
/// Several ranks in this process, each on a thread of its own. They run in turn, each until it meets a collective: native calls of two never overlap, and what
/// comes out does not depend on chance. Sums are made in the order of the ranks, as with MPI. That all ranks call the same with the same sizes is checked.
/// </summary>
internal sealed class RanksInTurn
{
    private readonly Lock _lock = new();
    private readonly ManualResetEventSlim[] _turns;
    private readonly bool[] _ended;
    private readonly int[] _met;
    private readonly int _step;
    private readonly List<(string What, byte[]?[] Given)> _meetings = [];

    private RanksInTurn(int ranks, bool lastFirst)
    {
        _turns = [.. Enumerable.Range(0, ranks).Select(_ => new ManualResetEventSlim())];
        (_ended, _met, _step) = (new bool[ranks], new int[ranks], lastFirst ? ranks - 1 : 1);
        _turns[lastFirst ? ranks - 1 : 0].Set();
    }

    /// <summary>What each rank's work gives; throws what a rank's work throws.</summary>
    /// <param name="ranks">How many.</param>
    /// <param name="work">Of one rank.</param>
    /// <param name="lastFirst">The last rank has the first turn, and rank 0 the last.</param>
    public static T[] Run<T>(int ranks, Func<ICollectives, T> work, bool lastFirst = false)
    {
        RanksInTurn all = new(ranks, lastFirst);
        var results = new T[ranks];
        List<Exception> failures = [];
        Thread[] threads = [.. Enumerable.Range(0, ranks).Select(rank => new Thread(() => all.Work(rank, own =>
        {
            try
            {
                results[rank] = work(own);
            }
            catch (Exception failure)
            {
                failures.Add(failure);
            }
        })) { IsBackground = true })];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        if (failures.Count > 0)
            ExceptionDispatchInfo.Throw(failures.Find(failure => failure is not RankLeftException) ?? failures[0]);
        return results;
    }

    private void Work(int rank, Action<ICollectives> work)
    {
        _turns[rank].Wait();
        work(new Member(this, rank));
        _ended[rank] = true;
        PassOn(rank);
    }

    private void PassOn(int rank)
    {
        lock (_lock)
        {
            _turns[rank].Reset();
            int next = Enumerable.Range(1, _turns.Length).Select(i => (rank + i * _step) % _turns.Length).FirstOrDefault(other => !_ended[other], -1);
            if (next >= 0)
                _turns[next].Set();
        }
    }

    // what all ranks have brought, when all have
    private byte[][] Meet(int rank, string what, byte[] given)
    {
        int number = _met[rank]++;
        if (number == _meetings.Count)
            _meetings.Add((what, new byte[]?[_turns.Length]));
        (string others, byte[]?[] all) = _meetings[number];
        if (what != others)
            throw new InvalidOperationException($"rank {rank} calls {what}, and another {others}");
        all[rank] = given;
        PassOn(rank);
        _turns[rank].Wait();
        return [.. all.Select(one => one ?? throw new RankLeftException($"rank {rank} waits in {what} for a rank that has ended"))];
    }

    private sealed class RankLeftException(string message) : Exception(message);

    private sealed class Member(RanksInTurn all, int rank) : ICollectives
    {
        public int Rank => rank;

        public int Ranks => all._turns.Length;

        public Device Device => CPU;

        public void AllReduce(Tensor values)
        {
            byte[][] given = Meet(nameof(AllReduce), values);
            Set(values, new float[values.numel()], given);
        }

        public void AllGather(Tensor part, Tensor whole)
        {
            byte[] given = [.. Meet(nameof(AllGather), part).SelectMany(one => one)];
            if (whole.dtype != part.dtype || Bytes(whole).Length != given.Length)
                throw new ArgumentException($"the parts of all ranks are {given.Length} bytes, the whole {Bytes(whole).Length}");
            given.CopyTo(Bytes(whole));
        }

        public void ReduceScatter(Tensor whole, Tensor part)
        {
            int length = Bytes(part).Length;
            if (Bytes(whole).Length != length * Ranks)
                throw new ArgumentException($"the whole is {Bytes(whole).Length} bytes, {Ranks} parts {length * Ranks}");
            Set(part, MemoryMarshal.Cast<byte, float>(Bytes(part)).ToArray(), Meet(nameof(ReduceScatter), whole).Select(one => one[(rank * length)..((rank + 1) * length)]));
        }

        public void Broadcast(Tensor values, int root) => Meet($"{nameof(Broadcast)} of {root}", values)[root].CopyTo(Bytes(values));

        public void Barrier() => all.Meet(rank, nameof(Barrier), []);

        public void Dispose()
        {
        }

        private byte[][] Meet(string what, Tensor values) => all.Meet(rank, $"{what} with {values.numel()} {values.dtype}", Bytes(values).ToArray());

        private static void Set(Tensor values, float[] sums, IEnumerable<byte[]> given)
        {
            foreach (byte[] one in given)
                foreach ((int i, float value) in MemoryMarshal.Cast<byte, float>(one).ToArray().Index())
                    sums[i] += value;
            MemoryMarshal.AsBytes<float>(sums).CopyTo(Bytes(values));
        }

        private static Span<byte> Bytes(Tensor values) => values.numel() == 0 ? [] : values.bytes;
    }
}
