using System.Collections.Concurrent;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Kernels;

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
