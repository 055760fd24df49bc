using Alignment.Kernels.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Gpu;

/// <summary>Bytes in use on a device.</summary>
internal static class DeviceMemory
{
    /// <summary>On CUDA the whole card's, other processes included; on the CPU this process's working set. Null where it cannot be measured.</summary>
    public static long? Used(Device device)
    {
        if (device.type == DeviceType.CPU)
            return Environment.WorkingSet;
        cuda.synchronize(); // what was freed on the way is free now
        return CudaMemory.Of(device.index) is { } memory ? memory.Total - memory.Free : null;
    }
}
