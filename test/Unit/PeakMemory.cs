using System.Globalization;
using System.Runtime.InteropServices;

namespace Alignment.Tests.Unit;

/// <summary>The resident memory of this process, now and at its peak (proc(5)).</summary>
internal static partial class PeakMemory
{
    /// <summary>Hands freed memory back and makes the peak the current size; false where the system does not let a process do so.</summary>
    public static bool TryReset()
    {
        try
        {
            _ = Trim(0);
            File.WriteAllText("/proc/self/clear_refs", "5");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Resident bytes.</summary>
    public static long Now => Status("VmRSS");

    /// <summary>Most resident bytes since the last reset.</summary>
    public static long Peak => Status("VmHWM");

    // what an earlier test freed would otherwise be used again and not show
    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Trim(nuint pad);

    private static long Status(string key)
    {
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(key, StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
