using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Alignment.Files;

/// <summary>What the file system says of a file: where any of it differs, its bytes may differ.</summary>
/// <param name="Bytes">Its size.</param>
/// <param name="Modified">When its content was last changed, nanoseconds since 1970; programs can set it.</param>
/// <param name="Changed">When its content or anything else about it was last changed; only the kernel sets it.</param>
/// <param name="Inode">Its number in its file system: another one replaced it where that differs.</param>
internal sealed partial record FileStamp(long Bytes, long Modified, long Changed, ulong Inode)
{
    // the kernel's struct statx, which is the same on every architecture
    private const int StructBytes = 256, InodeAt = 32, BytesAt = 40, ChangedAt = 96, ModifiedAt = 112, CurrentFolder = -100;
    private const uint Basic = 0x7ff;

    /// <summary>Of a file, or of the file that a link leads to.</summary>
    /// <exception cref="IOException">There is none, or it cannot be looked at.</exception>
    public static FileStamp Of(string path)
    {
        byte[] stamp = new byte[StructBytes];
        if (Statx(CurrentFolder, Path.GetFullPath(path), 0, Basic, stamp) != 0)
            throw new IOException($"{path}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        return new((long)Number(stamp, BytesAt), Time(stamp, ModifiedAt), Time(stamp, ChangedAt), Number(stamp, InodeAt));
    }

    private static ulong Number(byte[] stamp, int at) => BinaryPrimitives.ReadUInt64LittleEndian(stamp.AsSpan(at));

    // seconds, then nanoseconds
    private static long Time(byte[] stamp, int at) => (long)Number(stamp, at) * 1_000_000_000 + BinaryPrimitives.ReadUInt32LittleEndian(stamp.AsSpan(at + 8));

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(int folder, string path, int flags, uint mask, [Out] byte[] stamp);
}
