using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Alignment.Distributed;

/// <summary>Bytes of any length between ranks, over the collectives.</summary>
internal static class RankMessages
{
    /// <summary>Gives every rank the bytes of rank 0.</summary>
    /// <param name="ranks">All.</param>
    /// <param name="bytes">Rank 0's; the others' are not looked at.</param>
    public static byte[] FromFirst(this ICollectives ranks, byte[] bytes)
    {
        if (ranks.Ranks == 1)
            return bytes;
        using var scope = NewDisposeScope();
        Tensor length = tensor(new[] { (long)bytes.Length }, device: ranks.Device);
        ranks.Broadcast(length, root: 0);
        long count = length.cpu().item<long>();
        if (count == 0)
            return [];
        Tensor values = ranks.Rank == 0 ? tensor(bytes, device: ranks.Device) : empty(count, ScalarType.Byte, ranks.Device);
        ranks.Broadcast(values, root: 0);
        return values.cpu().data<byte>().ToArray();
    }

    /// <summary>Gives every rank the bytes of all, in the order of the ranks.</summary>
    public static byte[][] Gather(this ICollectives ranks, byte[] bytes)
    {
        if (ranks.Ranks == 1)
            return [bytes];
        using var scope = NewDisposeScope();
        Tensor lengths = empty(ranks.Ranks, ScalarType.Int64, ranks.Device);
        ranks.AllGather(tensor(new[] { (long)bytes.Length }, device: ranks.Device), lengths);
        long[] counts = lengths.cpu().data<long>().ToArray();
        long longest = counts.Max();
        if (longest == 0)
            return [.. counts.Select(_ => Array.Empty<byte>())];
        Tensor part = tensor([.. bytes, .. new byte[longest - bytes.Length]], device: ranks.Device), whole = empty(ranks.Ranks * longest, ScalarType.Byte, ranks.Device);
        ranks.AllGather(part, whole);
        byte[] all = whole.cpu().data<byte>().ToArray();
        return [.. counts.Select((count, rank) => all.AsSpan((int)(rank * longest), (int)count).ToArray())];
    }

    /// <summary>Gives every rank the numbers of all, in the order of the ranks.</summary>
    public static double[][] Gather(this ICollectives ranks, double[] values) =>
        [.. ranks.Gather(MemoryMarshal.AsBytes<double>(values).ToArray()).Select(bytes => MemoryMarshal.Cast<byte, double>(bytes).ToArray())];

    /// <summary>Computes items on the ranks in turn, and gives every rank all of them in their order: those of one rank, however many there are.</summary>
    /// <param name="ranks">All.</param>
    /// <param name="items">How many items.</param>
    /// <param name="compute">Gives an item's numbers.</param>
    public static IReadOnlyList<float[]> Shared(this ICollectives ranks, int items, Func<int, float[]> compute)
    {
        var all = new float[items][];
        List<float[]> own = [];
        for (int item = ranks.Rank; item < items; item += ranks.Ranks)
            own.Add(compute(item));
        int[] lengths = [.. own.Select(numbers => numbers.Length)];
        byte[][] counts = ranks.Gather(MemoryMarshal.AsBytes<int>(lengths).ToArray()), numbers = ranks.Gather(MemoryMarshal.AsBytes<float>(own.SelectMany(one => one).ToArray()).ToArray());
        for (int rank = 0; rank < ranks.Ranks; rank++)
        {
            ReadOnlySpan<float> rest = MemoryMarshal.Cast<byte, float>(numbers[rank]);
            foreach ((int i, int length) in MemoryMarshal.Cast<byte, int>(counts[rank]).ToArray().Index())
            {
                all[rank + i * ranks.Ranks] = rest[..length].ToArray();
                rest = rest[length..];
            }
        }
        return all;
    }

    /// <summary>Whether any rank says so.</summary>
    public static bool Any(this ICollectives ranks, bool here)
    {
        if (ranks.Ranks == 1)
            return here;
        using var scope = NewDisposeScope();
        Tensor votes = tensor(new[] { here ? 1f : 0f }, device: ranks.Device);
        ranks.AllReduce(votes);
        return votes.cpu().item<float>() > 0;
    }
}
