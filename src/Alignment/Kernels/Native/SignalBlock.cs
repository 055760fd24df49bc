using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Alignment.Kernels.Native;

/// <summary>
/// Keeps signals from this thread, and from libtorch's workers, while oneDNN computes. Its float32 products move the stack pointer into memory of their own (oneDNN issue 4845,
/// mended upstream in March 2026; libtorch 2.10 carries an older one). A signal that comes then writes its frame over the heap, and the process dies at some later free(). Signals
/// come at any time: .NET sends them to its own threads, a scheduler sends SIGTERM. They wait until <see cref="Dispose"/>.
/// </summary>
internal unsafe ref partial struct SignalBlock
{
    private const int Words = 16; // of libc's sigset_t
    private const int Block = 0, Set = 2;

    // all but those that a thread causes itself, and which cannot wait: SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS
    private const ulong Others = ~((1UL << 3) | (1UL << 4) | (1UL << 5) | (1UL << 6) | (1UL << 7) | (1UL << 10) | (1UL << 30));

    [ThreadStatic] private static int t_threads; // this one and its workers, which have been told

    private fixed ulong _before[Words];

    /// <summary>From here on; Linux only.</summary>
    public static SignalBlock Begin()
    {
        int threads = get_num_threads();
        if (threads != t_threads)
        {
            // a thread's workers serve no other and hear of no signal that another thread could not take, so they are told once
            AtenDispatcher.ParallelFor(threads, 1, &TellWorker, Self());
            t_threads = threads;
        }
        var block = new SignalBlock();
        Hold(block._before);
        return block;
    }

    /// <summary>Signals that have come since <see cref="Begin"/> are handled now.</summary>
    public void Dispose()
    {
        fixed (ulong* before = _before)
            _ = SetMask(Set, before, null);
    }

    [UnmanagedCallersOnly]
    private static void TellWorker(long begin, long end, nint caller)
    {
        if (Self() != caller)
            Hold(null);
    }

    private static void Hold(ulong* before)
    {
        ulong* signals = stackalloc ulong[Words];
        signals[0] = Others;
        _ = SetMask(Block, signals, before);
    }

    // neither waits, so the runtime need not be told that managed code is left
    [SuppressGCTransition]
    [LibraryImport("libc.so.6", EntryPoint = "pthread_sigmask")]
    private static partial int SetMask(int how, ulong* signals, ulong* before);

    [SuppressGCTransition]
    [LibraryImport("libc.so.6", EntryPoint = "pthread_self")]
    private static partial nint Self();
}
