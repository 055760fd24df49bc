using System.Runtime.InteropServices;

namespace Alignment.Kernels.Native;

/// <summary>Memory of CUDA devices. TorchSharp has no memory statistics, so they come from the runtime library that libtorch has loaded.</summary>
internal static class CudaMemory
{
    private delegate int MemoryInfo(out nuint free, out nuint total);

    private delegate int SetDevice(int index);

    /// <summary>Free and all bytes of a device, other processes' included; null where no runtime is loaded or it refuses.</summary>
    public static (long Free, long Total)? Of(int index)
    {
        const string Maps = "/proc/self/maps";
        string? runtime = !File.Exists(Maps) ? null : File.ReadLines(Maps).Select(line => line[(line.LastIndexOf(' ') + 1)..])
            .FirstOrDefault(path => Path.GetFileName(path).StartsWith("libcudart", StringComparison.Ordinal));
        if (runtime == null)
            return null;
        nint library = NativeLibrary.Load(runtime);
        int error = Function<SetDevice>(library, "cudaSetDevice")(index);
        error |= Function<MemoryInfo>(library, "cudaMemGetInfo")(out nuint free, out nuint total);
        return error == 0 ? ((long)free, (long)total) : null;
    }

    private static T Function<T>(nint library, string name) where T : Delegate =>
        Marshal.GetDelegateForFunctionPointer<T>(NativeLibrary.GetExport(library, name));
}
