using System.Runtime.ExceptionServices;

namespace Alignment.Kernels;

/// <summary>
/// A managed exception that leaves a custom backward function ends the process, so such a function keeps it here, gives zeros, and the caller of
/// backward() rethrows.
/// </summary>
public static class BackwardFailure
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
        BackwardOrphans.Free();
        if (Interlocked.Exchange(ref s_first, null) is { } kept)
            ExceptionDispatchInfo.Throw(kept);
    }
}
