using System.Runtime.InteropServices;
using System.Text;

namespace Alignment.Kernels.Native;

/// <summary>
/// Why libtorch refused a call through its C ABI: it writes that to standard error and returns a number. While <see cref="IsRead"/>, standard error goes to
/// a file in memory during such calls; what they wrote is read from it and passed on when the last of them is over.
/// </summary>
internal static unsafe partial class RefusalText
{
    private const string Mark = "Exception in aoti_torch: ";
    private const int StandardError = 2, SeekEnd = 2;
    private static readonly Lock s_lock = new();
    private static int s_calls, s_file = -1, s_own = -1;

    /// <summary>Whether it is read. It takes about a microsecond a call, little beside a call of a GPU's and much beside one of the CPU's.</summary>
    public static bool IsRead { get; set; }

    /// <summary>Before a call.</summary>
    /// <returns>Whether <see cref="After"/> is due.</returns>
    public static bool Before()
    {
        if (!IsRead)
            return false;
        lock (s_lock)
        {
            if (s_file < 0)
                (s_file, s_own) = (Create("refusals", 0), Duplicate(StandardError));
            if (s_file < 0 || s_own < 0)
                return IsRead = false;
            if (s_calls++ == 0)
                _ = Replace(s_file, StandardError);
        }
        return true;
    }

    /// <summary>After a call; why one was refused while calls were under way, empty where none was.</summary>
    public static string After()
    {
        lock (s_lock)
        {
            long length = Seek(s_file, 0, SeekEnd);
            byte[] text = new byte[Math.Max(0, length)];
            fixed (byte* start = text)
            {
                nint read = length > 0 ? ReadAt(s_file, start, text.Length, 0) : 0;
                if (--s_calls == 0)
                {
                    _ = Replace(s_own, StandardError);
                    if (length > 0)
                    {
                        _ = Write(s_own, start, read);
                        _ = Truncate(s_file, 0);
                        _ = Seek(s_file, 0, 0);
                    }
                }
            }
            return Reason(Encoding.UTF8.GetString(text));
        }
    }

    // behind the mark a line says why; a stack follows it
    private static string Reason(string text)
    {
        int at = text.IndexOf(Mark, StringComparison.Ordinal);
        return at < 0 ? "" : text[(at + Mark.Length)..].Split('\n', 2)[0].Trim();
    }

    [LibraryImport("libc.so.6", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Create(string name, uint flags);

    [LibraryImport("libc.so.6", EntryPoint = "dup")]
    private static partial int Duplicate(int file);

    [LibraryImport("libc.so.6", EntryPoint = "dup2")]
    private static partial int Replace(int file, int by);

    [LibraryImport("libc.so.6", EntryPoint = "lseek")]
    private static partial long Seek(int file, long offset, int from);

    [LibraryImport("libc.so.6", EntryPoint = "pread")]
    private static partial nint ReadAt(int file, byte* into, nint count, long offset);

    [LibraryImport("libc.so.6", EntryPoint = "write")]
    private static partial nint Write(int file, byte* from, nint count);

    [LibraryImport("libc.so.6", EntryPoint = "ftruncate")]
    private static partial int Truncate(int file, long length);
}
