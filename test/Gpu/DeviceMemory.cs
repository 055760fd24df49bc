using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Gpu;

/// <summary>Bytes in use on a device. TorchSharp has no memory statistics, so CUDA's come from the runtime library that libtorch has loaded.</summary>
internal static class DeviceMemory
{
    private delegate int MemoryInfo(out nuint free, out nuint total);

    private delegate int SetDevice(int index);

    /// <summary>On CUDA the whole card's, other processes included; on the CPU this process's working set. Null where it cannot be measured.</summary>
    public static long? Used(Device device)
    {
        if (device.type == DeviceType.CPU)
            return Environment.WorkingSet;
        string? runtime = File.ReadLines("/proc/self/maps").Select(line => line[(line.LastIndexOf(' ') + 1)..])
            .FirstOrDefault(path => Path.GetFileName(path).StartsWith("libcudart", StringComparison.Ordinal));
        if (runtime == null)
            return null;
        nint library = NativeLibrary.Load(runtime);
        cuda.synchronize(); // what was freed on the way is free now
        int error = Function<SetDevice>(library, "cudaSetDevice")(device.index);
        error |= Function<MemoryInfo>(library, "cudaMemGetInfo")(out nuint free, out nuint total);
        return error == 0 ? (long)(total - free) : null;
    }

    private static T Function<T>(nint library, string name) where T : Delegate =>
        Marshal.GetDelegateForFunctionPointer<T>(NativeLibrary.GetExport(library, name));
}
