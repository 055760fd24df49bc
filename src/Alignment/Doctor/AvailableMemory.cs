using System.Globalization;
using Alignment.Kernels.Native;
using TorchSharp;

namespace Alignment.Doctor;

/// <summary>The memory a device has for a run.</summary>
/// <param name="Device">Its name in messages.</param>
/// <param name="Bytes">Bytes.</param>
public sealed record AvailableMemory(string Device, long Bytes)
{
    /// <summary>A CUDA device's whole memory; the host's free memory for the CPU, and where a device cannot be asked.</summary>
    /// <param name="name">cpu or cuda:N.</param>
    public static AvailableMemory Of(string name)
    {
        torch.Device device = torch.device(name);
        return device.type == DeviceType.CUDA && CudaMemory.Of(Math.Max(0, device.index)) is { } memory
            ? new(name, memory.Total) : new("this machine", Host());
    }

    // what Linux says can be had without swapping, and no more than a container's limit
    private static long Host()
    {
        long limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        const string Path = "/proc/meminfo", Key = "MemAvailable:";
        string? line = File.Exists(Path) ? File.ReadLines(Path).FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal)) : null;
        return line is null ? limit
            : Math.Min(limit, 1024 * long.Parse(line[Key.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture));
    }
}
