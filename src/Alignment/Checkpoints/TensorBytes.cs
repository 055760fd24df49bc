using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using static TorchSharp.torch;

namespace Alignment.Checkpoints;

/// <summary>Reads ranges of a file into spans and tensors; a file that ends early is an exception.</summary>
internal sealed class TensorBytes : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly string _path;

    public TensorBytes(string path) => (_path, _file) = (path, File.OpenHandle(path, options: FileOptions.SequentialScan));

    /// <summary>Bytes of the whole file.</summary>
    public long Length => RandomAccess.GetLength(_file);

    public void Dispose() => _file.Dispose();

    /// <summary>Fills a contiguous CPU tensor from the file.</summary>
    /// <param name="target">Of any dtype; a BOOL must be 0 or 1.</param>
    /// <param name="offset">Of its first byte in the file.</param>
    /// <param name="what">Named in messages.</param>
    /// <exception cref="InvalidDataException">The file was cut while open, or a BOOL is neither 0 nor 1.</exception>
    public void Fill(Tensor target, long offset, string what)
    {
        long bytes = TensorMemory.Bytes(target);
        for (long at = 0; at < bytes; at += TensorMemory.ChunkBytes)
        {
            Span<byte> chunk = TensorMemory.Chunk(target, at, bytes);
            Read(chunk, offset + at);
            int odd = target.dtype == ScalarType.Bool ? chunk.IndexOfAnyExceptInRange((byte)0, (byte)1) : -1;
            if (odd >= 0)
                throw new InvalidDataException($"{_path}: {what} is BOOL and holds {chunk[odd]} at element {at + odd}");
        }
    }

    /// <summary>Fills a span from the file.</summary>
    /// <exception cref="InvalidDataException">The file was cut while open.</exception>
    public void Read(Span<byte> target, long offset)
    {
        while (!target.IsEmpty)
        {
            int read = RandomAccess.Read(_file, target, offset);
            if (read == 0)
                throw new InvalidDataException($"{_path}: ends at byte {offset}; it was cut while it was read");
            target = target[read..];
            offset += read;
        }
    }
}

/// <summary>The memory of a contiguous CPU tensor, whatever its dtype, as spans of at most <see cref="ChunkBytes"/>.</summary>
internal static unsafe partial class TensorMemory
{
    /// <summary>Bytes read or written at once: spans cannot hold more than 2 GB.</summary>
    public const int ChunkBytes = 1 << 26;

    /// <summary>Bytes of one element.</summary>
    public static int ElementBytes(ScalarType type) => type switch
    {
        ScalarType.Float64 or ScalarType.Int64 => 8,
        ScalarType.Float32 or ScalarType.Int32 => 4,
        ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Int16 => 2,
        _ => 1,
    };

    /// <summary>Bytes of all elements.</summary>
    public static long Bytes(Tensor tensor) => tensor.numel() * ElementBytes(tensor.dtype);

    /// <summary>Bytes <paramref name="offset"/> … of the tensor; valid while the tensor lives.</summary>
    public static Span<byte> Chunk(Tensor tensor, long offset, long bytes) =>
        new((byte*)Data(tensor.Handle) + offset, (int)Math.Min(ChunkBytes, bytes - offset));

    [LibraryImport("LibTorchSharp", EntryPoint = "THSTensor_data")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Data(nint tensor);
}
