using Alignment.Kernels.Native;
using static Alignment.Distributed.MpiLibrary;
using static TorchSharp.torch;

namespace Alignment.Distributed;

/// <summary>
/// The ranks of an mpirun on the CPU. MPI may reduce in any order, so it only carries: every sum is formed here, in the order of the ranks, and has the bits of
/// one process that adds the same tensors one after the other.
/// </summary>
internal sealed unsafe class MpiCollectives : ICollectives
{
    private const int Window = 1 << 20; // floats that wait to be added at a time

    /// <summary>Joins the job; once in a process.</summary>
    /// <exception cref="DllNotFoundException">Open MPI is not installed.</exception>
    public MpiCollectives()
    {
        Initialise();
        Check(MpiLibrary.Rank(World, out int rank), "MPI_Comm_rank");
        Check(Size(World, out int size), "MPI_Comm_size");
        (Rank, Ranks) = (rank, size);
    }

    /// <inheritdoc/>
    public int Rank { get; }

    /// <inheritdoc/>
    public int Ranks { get; }

    /// <inheritdoc/>
    public Device Device => CPU;

    /// <inheritdoc/>
    public void AllReduce(Tensor values)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Tensor all = empty(Ranks, values.numel(), ScalarType.Float32);
        AllGather(values, all);
        values.copy_(all.select(0, 0).view(values.shape));
        for (int rank = 1; rank < Ranks; rank++)
            values.add_(all.select(0, rank).view(values.shape));
    }

    /// <inheritdoc/>
    public void AllGather(Tensor part, Tensor whole)
    {
        (nint type, int count) = Extent(part);
        Check(MpiLibrary.AllGather(AtenDispatcher.Pointer(part), count, type, AtenDispatcher.Pointer(whole), count, type, World), "MPI_Allgather");
        Keep(part, whole);
    }

    /// <inheritdoc/>
    public void ReduceScatter(Tensor whole, Tensor part)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        int length = checked((int)part.numel()), window = Math.Min(length, Math.Max(1, Window / Ranks));
        _ = checked(length * Ranks); // MPI counts in int
        Tensor received = empty(Ranks, window, ScalarType.Float32), flat = part.view(-1);
        for (int at = 0; at < length; at += window)
        {
            int count = Math.Min(window, length - at);
            Exchange(whole, at, length, received, count);
            for (int rank = 0; rank < Ranks; rank++)
                flat.narrow(0, at, count).add_(received.view(-1).narrow(0, (long)rank * count, count));
        }
    }

    /// <inheritdoc/>
    public void Broadcast(Tensor values, int root)
    {
        (nint type, int count) = Extent(values);
        Check(MpiLibrary.Broadcast(AtenDispatcher.Pointer(values), count, type, root, World), "MPI_Bcast");
        Keep(values);
    }

    /// <inheritdoc/>
    public void Barrier() => Check(MpiLibrary.Barrier(World), "MPI_Barrier");

    /// <summary>Leaves the job, when all ranks do.</summary>
    public void Dispose() => _ = Finalise();

    // a window of each rank's part goes to that rank; what comes lies rank behind rank
    private void Exchange(Tensor whole, int at, int length, Tensor received, int count)
    {
        int* counts = stackalloc int[Ranks], from = stackalloc int[Ranks], to = stackalloc int[Ranks];
        for (int rank = 0; rank < Ranks; rank++)
            (counts[rank], from[rank], to[rank]) = (count, rank * length + at, rank * count);
        Check(AllToAll(AtenDispatcher.Pointer(whole), counts, from, Float, AtenDispatcher.Pointer(received), counts, to, Float, World), "MPI_Alltoallv");
        Keep(whole, received);
    }

    // four bytes at a time where it comes out even: MPI counts in int
    private static (nint Type, int Count) Extent(Tensor tensor)
    {
        long bytes = tensor.numel() * tensor.element_size();
        return bytes % sizeof(float) == 0 ? (Float, checked((int)(bytes / sizeof(float)))) : (MpiLibrary.Byte, checked((int)bytes));
    }

    private static void Keep(params ReadOnlySpan<Tensor> tensors)
    {
        foreach (Tensor tensor in tensors)
            GC.KeepAlive(tensor);
    }
}
