namespace Alignment.Kernels.Native;

/// <summary>
/// Lets the garbage collector run where no native call is under way. TorchSharp makes a number (Scalar) for many calls, even for a + b, and nothing
/// holds it during the call: a collection that another thread brings about in that moment frees it while native code reads it, and the run ends with
/// an ExternalException. So loops over native calls collect here, long before the collector would come by itself; test hosts raise that limit, too
/// (TestParameters.targets).
/// One thread of a process computes at a time: with two, one would collect while the other is in a native call.
/// </summary>
internal static class CollectionPoint
{
    // the collector comes by itself after about as much as the processor's last cache holds
    private const long Bytes = 8 << 20;
    private static long s_allocated;

    /// <summary>Collects the young objects if some megabytes were allocated since the last time.</summary>
    public static void Pass()
    {
        long allocated = GC.GetTotalAllocatedBytes();
        if (allocated - Interlocked.Read(ref s_allocated) < Bytes)
            return;
#pragma warning disable RS0030 // to choose the moment, not to free memory
        GC.Collect(0);
#pragma warning restore RS0030
        Interlocked.Exchange(ref s_allocated, allocated);
    }
}
