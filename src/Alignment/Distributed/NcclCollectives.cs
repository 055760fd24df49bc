using Alignment.Kernels.Native;
using static TorchSharp.torch;

namespace Alignment.Distributed;

/// <summary>
/// Ranks on CUDA devices, one each: NCCL's own collectives on the stream libtorch works on, so that they stand in line with its kernels and the host waits for
/// none. No test has run it on a device; its calls are tested against functions of NCCL's signatures.
/// </summary>
internal sealed unsafe class NcclCollectives : ICollectives
{
    private readonly NcclLibrary _nccl;
    private readonly nint _communicator;

    /// <summary>Joins the other ranks; returns when all have come.</summary>
    /// <param name="nccl">Its functions.</param>
    /// <param name="place">This rank among them.</param>
    /// <param name="device">Its own device, selected in this thread.</param>
    /// <param name="exchange">Gives every rank the id that rank 0 made: called with the id on rank 0, with null on the others.</param>
    public NcclCollectives(NcclLibrary nccl, RankPlace place, Device device, Func<byte[]?, byte[]> exchange)
    {
        (_nccl, Rank, Ranks, Device) = (nccl, place.Rank, place.Ranks, device);
        NcclUniqueId id = default;
        if (Rank == 0)
            nccl.Check(nccl.GetUniqueId(&id), "ncclGetUniqueId");
        exchange(Rank == 0 ? ((ReadOnlySpan<byte>)id).ToArray() : null).CopyTo(id);
        nint communicator;
        nccl.Check(nccl.InitRank(&communicator, Ranks, id, Rank), "ncclCommInitRank");
        _communicator = communicator;
    }

    /// <inheritdoc/>
    public int Rank { get; }

    /// <inheritdoc/>
    public int Ranks { get; }

    /// <inheritdoc/>
    public Device Device { get; }

    private nint Stream => _nccl.Stream(Device.index);

    /// <inheritdoc/>
    public void AllReduce(Tensor values)
    {
        nint at = AtenDispatcher.Pointer(values);
        _nccl.Check(_nccl.AllReduce(at, at, (nuint)values.numel(), NcclLibrary.Float, NcclLibrary.Sum, _communicator, Stream), "ncclAllReduce");
        GC.KeepAlive(values);
    }

    /// <inheritdoc/>
    public void AllGather(Tensor part, Tensor whole)
    {
        _nccl.Check(_nccl.AllGather(AtenDispatcher.Pointer(part), AtenDispatcher.Pointer(whole), Bytes(part), NcclLibrary.Byte, _communicator, Stream), "ncclAllGather");
        GC.KeepAlive(part);
        GC.KeepAlive(whole);
    }

    /// <inheritdoc/>
    public void ReduceScatter(Tensor whole, Tensor part)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Tensor sum = empty_like(part);
        (nint from, nint to) = (AtenDispatcher.Pointer(whole), AtenDispatcher.Pointer(sum));
        _nccl.Check(_nccl.ReduceScatter(from, to, (nuint)sum.numel(), NcclLibrary.Float, NcclLibrary.Sum, _communicator, Stream), "ncclReduceScatter");
        part.add_(sum);
        GC.KeepAlive(whole);
    }

    /// <inheritdoc/>
    public void Broadcast(Tensor values, int root)
    {
        nint at = AtenDispatcher.Pointer(values);
        _nccl.Check(_nccl.Broadcast(at, at, Bytes(values), NcclLibrary.Byte, root, _communicator, Stream), "ncclBroadcast");
        GC.KeepAlive(values);
    }

    /// <inheritdoc/>
    public void Barrier()
    {
        using var scope = NewDisposeScope();
        Tensor one = ones(1, ScalarType.Float32, Device);
        AllReduce(one);
        _ = one.item<float>(); // the host waits for the stream
    }

    /// <summary>Leaves the others.</summary>
    public void Dispose() => _ = _nccl.Destroy(_communicator);

    private static nuint Bytes(Tensor tensor) => (nuint)(tensor.numel() * tensor.element_size());
}
