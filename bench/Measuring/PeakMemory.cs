using System.Globalization;
using System.Runtime.InteropServices;

namespace Alignment.Bench.Measuring;

/// <summary>
/// The largest resident memory of this process over a stretch of work, as the kernel counts it: native and managed, all threads. Linux only.
/// What libtorch frees and the allocator keeps is given back first, so that a second run of the same work is not measured as free.
/// </summary>
internal static partial class PeakMemory
{
    /// <summary>Whether this system says what its processes hold.</summary>
    public static bool Known { get; } = OperatingSystem.IsLinux() && File.Exists("/proc/self/clear_refs");

    /// <summary>Lets the peak begin at the present.</summary>
    /// <returns>Resident bytes now.</returns>
    public static long Restart()
    {
        _ = MallocTrim(0);
        File.WriteAllText("/proc/self/clear_refs", "5");
        return Field("VmRSS:");
    }

    /// <summary>The most resident bytes since <see cref="Restart"/>.</summary>
    public static long Bytes() => Field("VmHWM:");

    /// <summary>Bytes by which the peak of some work lies above what was resident before it.</summary>
    public static long Extra(Action work)
    {
        long before = Restart();
        work();
        return Bytes() - before;
    }

    private static long Field(string name)
    {
        string line = File.ReadLines("/proc/self/status").First(one => one.StartsWith(name, StringComparison.Ordinal)); // VmHWM:  123456 kB
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Trim('\t'), CultureInfo.InvariantCulture);
    }

    [LibraryImport("libc.so.6", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint pad);
}
