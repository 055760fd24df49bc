using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Alignment.Kernels.Native;

namespace Alignment.Distributed;

/// <summary>What rank 0 gives the others so that they find each other.</summary>
[InlineArray(Bytes)]
internal struct NcclUniqueId
{
    /// <summary>NCCL_UNIQUE_ID_BYTES.</summary>
    public const int Bytes = 128;

    private byte _first;
}

/// <summary>
/// NCCL's functions (nccl.h, 2.x) and the two of libtorch and CUDA that go with them, by address: from libtorch_cuda.so where it exports them (NCCL is linked
/// into it), else from libnccl.so.2.
/// </summary>
/// <param name="nccl">Address of an NCCL function.</param>
/// <param name="currentStream">Address of aoti_torch_get_current_cuda_stream (torch/csrc/inductor/aoti_torch/c/shim.h).</param>
internal sealed unsafe class NcclLibrary(Func<string, nint> nccl, nint currentStream)
{
    /// <summary>ncclUint8.</summary>
    public const int Byte = 1;

    /// <summary>ncclFloat32.</summary>
    public const int Float = 7;

    /// <summary>ncclSum.</summary>
    public const int Sum = 0;

    private const string Torch = "libtorch_cuda.so", Own = "libnccl.so.2";

    private readonly delegate* unmanaged<int, nint*, int> _stream = (delegate* unmanaged<int, nint*, int>)currentStream;
    private readonly delegate* unmanaged<int, byte*> _errorText = (delegate* unmanaged<int, byte*>)nccl("ncclGetErrorString");

    /// <summary>ncclGetUniqueId(id).</summary>
    public delegate* unmanaged<NcclUniqueId*, int> GetUniqueId { get; } = (delegate* unmanaged<NcclUniqueId*, int>)nccl("ncclGetUniqueId");

    /// <summary>ncclCommInitRank(communicator, ranks, id, rank).</summary>
    public delegate* unmanaged<nint*, int, NcclUniqueId, int, int> InitRank { get; } =
        (delegate* unmanaged<nint*, int, NcclUniqueId, int, int>)nccl("ncclCommInitRank");

    /// <summary>ncclCommDestroy(communicator).</summary>
    public delegate* unmanaged<nint, int> Destroy { get; } = (delegate* unmanaged<nint, int>)nccl("ncclCommDestroy");

    /// <summary>ncclAllReduce(send, receive, count, type, operation, communicator, stream).</summary>
    public delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int> AllReduce { get; } =
        (delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int>)nccl("ncclAllReduce");

    /// <summary>ncclReduceScatter(send, receive, count received, type, operation, communicator, stream).</summary>
    public delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int> ReduceScatter { get; } =
        (delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int>)nccl("ncclReduceScatter");

    /// <summary>ncclAllGather(send, receive, count sent, type, communicator, stream).</summary>
    public delegate* unmanaged<nint, nint, nuint, int, nint, nint, int> AllGather { get; } =
        (delegate* unmanaged<nint, nint, nuint, int, nint, nint, int>)nccl("ncclAllGather");

    /// <summary>ncclBroadcast(send, receive, count, type, root, communicator, stream).</summary>
    public delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int> Broadcast { get; } =
        (delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int>)nccl("ncclBroadcast");

    /// <summary>Of the libtorch that is loaded, or of the system.</summary>
    /// <exception cref="DllNotFoundException">There is no NCCL, or libtorch has no CUDA.</exception>
    public static NcclLibrary Load()
    {
        (nint torch, nint library) = Libraries();
        return new(name => NativeLibrary.GetExport(library, name), NativeLibrary.GetExport(torch, "aoti_torch_get_current_cuda_stream"));
    }

    /// <summary>The name of the library that has NCCL.</summary>
    /// <exception cref="DllNotFoundException">As in <see cref="Load"/>.</exception>
    public static string FoundIn() => Libraries() is var (torch, library) && torch == library ? Torch : Own;

    private static (nint Torch, nint Nccl) Libraries()
    {
        string path = Path.Combine(TorchLibrary.Directory ?? "", Torch);
        if (!NativeLibrary.TryLoad(path, out nint torch))
            throw new DllNotFoundException($"{path} does not load: several ranks on CUDA devices need a libtorch with CUDA (-p:TorchBackend=cuda or external)");
        return (torch, NativeLibrary.TryGetExport(torch, "ncclCommInitRank", out _) ? torch
            : NativeLibrary.TryLoad(Own, out nint own) ? own
            : throw new DllNotFoundException($"neither {path} nor {Own} has NCCL: put {Own} into a folder of LD_LIBRARY_PATH"));
    }

    /// <summary>The stream on which libtorch works on a device now.</summary>
    public nint Stream(int device)
    {
        nint stream;
        return _stream(device, &stream) == 0 ? stream : throw new InvalidOperationException($"libtorch told no stream of cuda:{device}");
    }

    /// <summary>Throws with NCCL's own words where a call failed.</summary>
    public void Check(int error, string call)
    {
        if (error != 0)
            throw new InvalidOperationException($"{call}: {Marshal.PtrToStringUTF8((nint)_errorText(error))}");
    }
}
