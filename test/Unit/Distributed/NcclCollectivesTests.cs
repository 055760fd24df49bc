using System.Runtime.InteropServices;
using System.Text;
using Alignment.Distributed;
using Alignment.Kernels.Native;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Distributed;

/// <summary>The calls of the NCCL engine against functions of NCCL's own signatures that write down what they were given. No CUDA device is needed.</summary>
[NonParallelizable]
public unsafe class NcclCollectivesTests
{
    private const nint Communicator = 77, CurrentStream = 55;
    private static readonly List<string> s_calls = [];
    private static readonly NcclUniqueId s_id = Id();
    private static readonly byte[] s_text = Encoding.UTF8.GetBytes("unhandled cuda error\0");
    private static readonly GCHandle s_pinned = GCHandle.Alloc(s_text, GCHandleType.Pinned);
    private static int s_error;

    [SetUp]
    public void Clear()
    {
        s_calls.Clear();
        s_error = 0;
    }

    [Test]
    public void Rank_0_makes_the_id_and_all_join_with_its_bytes()
    {
        byte[]? given = null;
        new NcclCollectives(Library(), new(0, 3, 0, ""), CPU, id => given = id!).Dispose();
        Assert.That(given, Is.EqualTo(((ReadOnlySpan<byte>)s_id).ToArray()));
        new NcclCollectives(Library(), new(2, 3, 0, ""), CPU, id => id == null ? given! : throw new InvalidOperationException()).Dispose();
        Assert.That(s_calls, Is.EqualTo(new[] { "id", "join 0 of 3, id as made", "leave 77", "join 2 of 3, id as made", "leave 77" }));
    }

    [Test]
    public void Sums_are_of_float32_and_everything_else_goes_as_bytes_on_the_stream_of_libtorch()
    {
        using var scope = NewDisposeScope();
        using var ranks = new NcclCollectives(Library(), new(1, 2, 0, ""), CPU, _ => ((ReadOnlySpan<byte>)s_id).ToArray());
        Tensor values = zeros(6), half = zeros(3, ScalarType.BFloat16), whole = zeros(6, ScalarType.BFloat16), part = ones(3);
        s_calls.Clear();
        ranks.AllReduce(values);
        ranks.AllGather(half, whole);
        ranks.ReduceScatter(values, part);
        ranks.Broadcast(whole, root: 1);
        nint at = AtenDispatcher.Pointer(values), sent = AtenDispatcher.Pointer(half), received = AtenDispatcher.Pointer(whole);
        Assert.That(s_calls, Is.EqualTo(new[]
        {
            $"all-reduce {at} {at} 6 of type 7 by 0, 77 on 55",
            $"all-gather {sent} {received} 6 of type 1, 77 on 55",
            $"reduce-scatter {at} 3 of type 7 by 0, 77 on 55",
            $"broadcast {received} {received} 12 of type 1 from 1, 77 on 55",
        }));
        Assert.That(part.data<float>().ToArray(), Has.All.EqualTo(1 + 4f), "what came was added");
    }

    [Test]
    public void A_refused_call_is_told_in_the_words_of_NCCL()
    {
        using var scope = NewDisposeScope();
        using var ranks = new NcclCollectives(Library(), new(1, 2, 0, ""), CPU, _ => ((ReadOnlySpan<byte>)s_id).ToArray());
        s_error = 1;
        Assert.That(() => ranks.AllReduce(zeros(6)), Throws.InvalidOperationException.With.Message.EqualTo("ncclAllReduce: unhandled cuda error"));
    }

    [Test]
    public void A_tensor_with_gaps_is_refused()
    {
        using var scope = NewDisposeScope();
        using var ranks = new NcclCollectives(Library(), new(1, 2, 0, ""), CPU, _ => ((ReadOnlySpan<byte>)s_id).ToArray());
        Assert.That(() => ranks.AllReduce(zeros(2, 3).t()), Throws.ArgumentException.With.Message.EqualTo("a tensor [3, 2] is not contiguous"));
    }

    [Test]
    public void Without_CUDA_the_engine_says_what_is_missing() =>
        Assert.That(NcclLibrary.Load, Throws.TypeOf<DllNotFoundException>().With.Message.Contains("libtorch_cuda.so does not load: several ranks on CUDA devices need a libtorch with CUDA"));

    private static NcclUniqueId Id()
    {
        NcclUniqueId id = default;
        for (int i = 0; i < NcclUniqueId.Bytes; i++)
            id[i] = (byte)(i * 37 + 1);
        return id;
    }

    private static NcclLibrary Library()
    {
        delegate* unmanaged<int, nint*, int> stream = &Stream;
        return new(name => name switch
        {
            "ncclGetUniqueId" => (nint)(delegate* unmanaged<NcclUniqueId*, int>)&GetUniqueId,
            "ncclCommInitRank" => (nint)(delegate* unmanaged<nint*, int, NcclUniqueId, int, int>)&InitRank,
            "ncclCommDestroy" => (nint)(delegate* unmanaged<nint, int>)&Destroy,
            "ncclAllReduce" => (nint)(delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int>)&AllReduce,
            "ncclReduceScatter" => (nint)(delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int>)&ReduceScatter,
            "ncclAllGather" => (nint)(delegate* unmanaged<nint, nint, nuint, int, nint, nint, int>)&AllGather,
            "ncclBroadcast" => (nint)(delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int>)&Broadcast,
            "ncclGetErrorString" => (nint)(delegate* unmanaged<int, byte*>)&ErrorString,
            _ => throw new ArgumentException(name),
        }, (nint)stream);
    }

    private static int Call(FormattableString what)
    {
        s_calls.Add(FormattableString.Invariant(what));
        return s_error;
    }

    [UnmanagedCallersOnly]
    private static int Stream(int device, nint* stream)
    {
        *stream = CurrentStream;
        return 0;
    }

    [UnmanagedCallersOnly]
    private static byte* ErrorString(int error) => (byte*)s_pinned.AddrOfPinnedObject();

    [UnmanagedCallersOnly]
    private static int GetUniqueId(NcclUniqueId* id)
    {
        *id = s_id;
        return Call($"id");
    }

    [UnmanagedCallersOnly]
    private static int InitRank(nint* communicator, int ranks, NcclUniqueId id, int rank)
    {
        *communicator = Communicator;
        return Call($"join {rank} of {ranks}, id {(((ReadOnlySpan<byte>)id).SequenceEqual(s_id) ? "as made" : "of another")}");
    }

    [UnmanagedCallersOnly]
    private static int Destroy(nint communicator) => Call($"leave {communicator}");

    [UnmanagedCallersOnly]
    private static int AllReduce(nint send, nint receive, nuint count, int type, int operation, nint communicator, nint stream) =>
        Call($"all-reduce {send} {receive} {count} of type {type} by {operation}, {communicator} on {stream}");

    [UnmanagedCallersOnly]
    private static int ReduceScatter(nint send, nint receive, nuint count, int type, int operation, nint communicator, nint stream)
    {
        new Span<float>((void*)receive, (int)count).Fill(4);
        return Call($"reduce-scatter {send} {count} of type {type} by {operation}, {communicator} on {stream}");
    }

    [UnmanagedCallersOnly]
    private static int AllGather(nint send, nint receive, nuint count, int type, nint communicator, nint stream) =>
        Call($"all-gather {send} {receive} {count} of type {type}, {communicator} on {stream}");

    [UnmanagedCallersOnly]
    private static int Broadcast(nint send, nint receive, nuint count, int type, int root, nint communicator, nint stream) =>
        Call($"broadcast {send} {receive} {count} of type {type} from {root}, {communicator} on {stream}");
}
