using System.Globalization;
using System.Runtime.InteropServices;

namespace Alignment.Bench.Measuring;

/// <summary>
/// The largest resident memory of this process over a stretch of work, as the kernel counts it: native and managed, all threads. Linux only.
/// What libtorch frees and the allocator keeps is given back first, so that a second run of the same work is not measured as free.
/// </summary>
internal static partial class PeakMemory
{
    /// <summary>Resident bytes.</summary>
    public static long Now => Field("VmRSS:");

    /// <summary>The most resident bytes since the last restart.</summary>
    public static long Bytes => Field("VmHWM:");

    /// <summary>Lets the peak begin at the present; false where the system does not let a process do so.</summary>
    public static bool TryRestart()
    {
        try
        {
            _ = MallocTrim(0);
            File.WriteAllText("/proc/self/clear_refs", "5");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Bytes by which the peak of some work lies above what was resident before it; null where the system does not say.</summary>
    public static long? Extra(Action work)
    {
        if (!TryRestart())
            return null;
        long before = Now;
        work();
        return Bytes - before;
    }

    private static long Field(string name)
    {
        string line = File.ReadLines("/proc/self/status").First(one => one.StartsWith(name, StringComparison.Ordinal)); // VmHWM:  123456 kB
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Trim('\t'), CultureInfo.InvariantCulture);
    }

    [LibraryImport("libc.so.6", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint pad);
}
