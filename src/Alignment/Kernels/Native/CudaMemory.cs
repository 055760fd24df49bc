using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Alignment.Kernels.Native;

/// <summary>Memory, kind, version and choice of CUDA devices. TorchSharp does not tell them, so they come from the runtime library that libtorch has loaded.</summary>
internal static class CudaMemory
{
    private delegate int MemoryInfo(out nuint free, out nuint total);

    private delegate int SetDevice(int index);

    private delegate int RuntimeVersion(out int version);

    private delegate int Attribute(out int value, int attribute, int index);

    private static readonly ConcurrentDictionary<int, int?> s_generations = new();

    /// <summary>Free and all bytes of a device, other processes' included; null where no runtime is loaded or it refuses.</summary>
    public static (long Free, long Total)? Of(int index)
    {
        if (Runtime() is not { } library)
            return null;
        int error = Function<SetDevice>(library, "cudaSetDevice")(index);
        error |= Function<MemoryInfo>(library, "cudaMemGetInfo")(out nuint free, out nuint total);
        return error == 0 ? ((long)free, (long)total) : null;
    }

    /// <summary>Makes a device the one that this thread's calls of CUDA itself go to; libtorch's operators go by their tensors.</summary>
    /// <exception cref="InvalidOperationException">There is no such device.</exception>
    public static void Select(int index)
    {
        if (Runtime() is not { } library || Function<SetDevice>(library, "cudaSetDevice")(index) != 0)
            throw new InvalidOperationException($"cuda:{index} is no device of this machine: as many ranks as it has CUDA devices can run on it");
    }

    /// <summary>The first number of a device's compute capability (8 for Ampere); null where no runtime is loaded or it refuses.</summary>
    public static int? Generation(int index) => s_generations.GetOrAdd(index, static index =>
    {
        const int Major = 75; // cudaDevAttrComputeCapabilityMajor
        return Runtime() is { } library && Function<Attribute>(library, "cudaDeviceGetAttribute")(out int major, Major, index) == 0 ? major : null;
    });

    /// <summary>The version of CUDA that libtorch was built with, as 1000 · major + 10 · minor; null where no runtime is loaded or it refuses.</summary>
    public static int? Version() => Runtime() is { } library && Function<RuntimeVersion>(library, "cudaRuntimeGetVersion")(out int version) == 0 ? version : null;

    private static nint? Runtime()
    {
        const string Maps = "/proc/self/maps";
        string? runtime = !File.Exists(Maps) ? null : File.ReadLines(Maps).Select(line => line[(line.LastIndexOf(' ') + 1)..])
            .FirstOrDefault(path => Path.GetFileName(path).StartsWith("libcudart", StringComparison.Ordinal));
        return runtime == null ? null : NativeLibrary.Load(runtime);
    }

    private static T Function<T>(nint library, string name) where T : Delegate =>
        Marshal.GetDelegateForFunctionPointer<T>(NativeLibrary.GetExport(library, name));
}
