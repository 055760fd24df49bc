using System.Runtime.InteropServices;
using TorchSharp;

namespace Alignment.Models;

/// <summary>The memory of a contiguous CPU tensor, whatever its dtype, as spans of at most <see cref="ChunkBytes"/>.</summary>
internal static unsafe partial class SafetensorsMemory
{
    /// <summary>Bytes read or written at once: spans cannot hold more than 2 GB.</summary>
    public const int ChunkBytes = 1 << 26;

    /// <summary>Bytes <paramref name="offset"/> … of the tensor; valid while the tensor lives.</summary>
    public static Span<byte> Chunk(torch.Tensor tensor, long offset, long bytes) =>
        new((byte*)Data(tensor.Handle) + offset, (int)Math.Min(ChunkBytes, bytes - offset));

    [LibraryImport("LibTorchSharp", EntryPoint = "THSTensor_data")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Data(nint tensor);
}
