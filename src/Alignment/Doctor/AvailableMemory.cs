using System.Globalization;
using Alignment.Kernels.Native;
using TorchSharp;

namespace Alignment.Doctor;

/// <summary>The memory a device has for a run.</summary>
/// <param name="Device">Its name in messages.</param>
/// <param name="Bytes">Bytes.</param>
internal sealed record AvailableMemory(string Device, long Bytes)
{
    /// <summary>The bytes of a device that is not asked, since nothing is computed on it.</summary>
    public const long Unasked = 1L << 60;

    /// <summary>The host's memory, where the device has its own; else null.</summary>
    public long? HostBytes { get; init; }

    /// <summary>Bytes of a CUDA device that were in use when it was asked, by other processes mostly. Nothing is chosen by them, but what goes wrong is told with them.</summary>
    public long Used { get; init; }

    /// <summary>A CUDA device's whole memory; the host's free memory for the CPU, and where a device cannot be asked.</summary>
    /// <param name="name">cpu or cuda:N.</param>
    public static AvailableMemory Of(string name)
    {
        torch.Device device = torch.device(name);
        return device.type == DeviceType.CUDA && CudaMemory.Of(Math.Max(0, device.index)) is { } memory
            ? new(name, memory.Total) { HostBytes = Host(), Used = memory.Total - memory.Free } : new("this machine", Host());
    }

    /// <summary>What one of so many processes has of it: a device each, and its part of the host.</summary>
    public AvailableMemory OfRank(int ranks) => ranks == 1 ? this
        : HostBytes is { } host ? this with { HostBytes = host / ranks } : this with { Device = $"a rank's part of {Device}", Bytes = Bytes / ranks };

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

/// <summary>
/// Memory that was freed and that the allocator keeps, as a share of what a stage needs for a time. glibc maps only blocks above a threshold that
/// rises to 32 MiB as blocks are freed; smaller tensors leave holes in its heap. Measured over training steps, the heap stays at up to 1.5 times
/// what lives in it (2.3 before gradients were freed as soon as they are used); with MALLOC_MMAP_THRESHOLD_=262144 in the environment at 1.0 times, for more time spent on page faults.
/// </summary>
internal static class AllocatorSlack
{
    /// <summary>glibc's, as it is without a setting, a little above what stages were measured to keep.</summary>
    public const double Glibc = 0.6;

    /// <summary>What in the environment makes glibc give freed tensors back at once.</summary>
    public const string Setting = Threshold + "=262144";

    private const string Threshold = "MALLOC_MMAP_THRESHOLD_";
    private const double CudaCache = 0.1;

    /// <summary>The share on a device ("cpu", "cuda:0"), which need not be there, as the environment is now.</summary>
    public static double Of(string device) => device != "cpu" ? CudaCache
        : string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Threshold)) ? Glibc : 0;
}
