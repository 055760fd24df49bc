using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Alignment.Kernels.Native;

/// <summary>
/// Loops over rows on libtorch's own threads (as many as torch.set_num_threads asks for), so that a kernel of ours never competes with libtorch's
/// pool for a core.
/// </summary>
internal static unsafe class ParallelRows
{
    /// <summary>Calls <paramref name="body"/> with parts [begin, end) that cover 0 … rows − 1 once.</summary>
    /// <param name="rows">≥ 0.</param>
    /// <param name="grain">Fewest rows worth a thread; ≥ 1.</param>
    /// <param name="body">Called on several threads; what it throws is thrown here.</param>
    public static void For(long rows, long grain, Action<long, long> body)
    {
        var loop = new Loop(body);
        GCHandle handle = GCHandle.Alloc(loop);
        try
        {
            AtenDispatcher.ParallelFor(rows, grain, &Part, GCHandle.ToIntPtr(handle));
        }
        finally
        {
            handle.Free();
        }
        loop.Failure?.Throw();
    }

    [UnmanagedCallersOnly]
    private static void Part(long begin, long end, nint context)
    {
        var loop = (Loop)GCHandle.FromIntPtr(context).Target!;
        try
        {
            loop.Body(begin, end);
        }
        catch (Exception exception)
        {
            loop.Failure = ExceptionDispatchInfo.Capture(exception); // one that leaves this method would end the process
        }
    }

    private sealed class Loop(Action<long, long> body)
    {
        public Action<long, long> Body { get; } = body;

        public ExceptionDispatchInfo? Failure { get; set; }
    }
}
