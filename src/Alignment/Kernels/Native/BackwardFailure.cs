using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Kernels.Native;

/// <summary>
/// What went wrong in custom backward functions. A managed exception that leaves one ends the process, so it is kept here, and the caller of
/// backward() rethrows it.
/// </summary>
internal static class BackwardFailure
{
    private static Exception? s_first;

    /// <summary>
    /// Keeps the first exception since the last <see cref="Rethrow"/>; may be called on any thread (CUDA runs backward on its own).
    /// </summary>
    internal static void Keep(Exception exception) => Interlocked.CompareExchange(ref s_first, exception, null);

    /// <summary>
    /// Call after every backward(), on the thread of the forward pass: frees what custom backward functions left on threads without a dispose
    /// scope, and throws what one threw, with its stack; the gradients are then worthless.
    /// </summary>
    public static void Rethrow()
    {
        ReturnedGradients.Free();
        BackwardOrphans.Free();
        if (Interlocked.Exchange(ref s_first, null) is { } kept)
            ExceptionDispatchInfo.Throw(kept);
    }
}

/// <summary>
/// Tensors of a custom backward function that no dispose scope frees. libtorch runs the backward pass of CUDA tensors on a thread of its own, where
/// no scope is open, and it reads the returned gradients after the function has returned: so they wait here for <see cref="BackwardFailure.Rethrow"/>.
/// </summary>
internal static class BackwardOrphans
{
    private static readonly ConcurrentDictionary<int, ConcurrentQueue<Tensor>> s_byThread = new();

    /// <summary>Grows with every tensor that is made on this thread while no scope is open.</summary>
    public static long Made => DisposeScopeManager.Statistics.CreatedOutsideScopeCount;

    /// <summary>Keeps tensors until <see cref="Free"/> is called on the thread that ran the forward pass.</summary>
    public static void Keep(int forwardThread, IEnumerable<Tensor?> tensors)
    {
        ConcurrentQueue<Tensor> kept = s_byThread.GetOrAdd(forwardThread, _ => new());
        foreach (Tensor tensor in tensors.OfType<Tensor>())
            kept.Enqueue(tensor);
    }

    /// <summary>Frees what the backward passes of this thread have left; only then has libtorch read it for certain.</summary>
    public static void Free()
    {
        if (s_byThread.TryRemove(Environment.CurrentManagedThreadId, out ConcurrentQueue<Tensor>? kept))
            foreach (Tensor tensor in kept)
                tensor.Dispose();
    }
}

/// <summary>
/// The gradients that the last node of a thread has returned. libtorch reads them after the node's function has returned, so the node itself cannot free them; the next
/// one can. Else all gradients of a backward pass would lie side by side until its dispose scope ends, each in memory that is fetched for it anew.
/// </summary>
internal static class ReturnedGradients
{
    [ThreadStatic] private static List<Tensor>? t_last;

    private static List<Tensor> Last => t_last ??= [];

    /// <summary>Keeps one of those that a node is about to return.</summary>
    public static void Hold(Tensor gradient) => Last.Add(gradient);

    /// <summary>Those of this node, which are then another's to free.</summary>
    public static Tensor[] Take()
    {
        Tensor[] taken = [.. Last];
        Last.Clear();
        return taken;
    }

    /// <summary>Frees what the node before has returned.</summary>
    public static void Free()
    {
        foreach (Tensor gradient in Last)
            gradient.Dispose();
        Last.Clear();
    }
}
