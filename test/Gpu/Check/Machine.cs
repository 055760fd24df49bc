using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Alignment.Doctor;
using Alignment.Kernels.Native;
using TorchSharp;

namespace Alignment.Tests.Gpu.Check;

/// <summary>What was checked: device, driver, libraries and the product's commit. It holds no name of a user or of the machine, and no path.</summary>
internal sealed record Machine
{
    /// <summary>As its maker calls it.</summary>
    public required string Device { get; init; }

    /// <summary>All CUDA devices that libtorch sees.</summary>
    public required IReadOnlyList<string> CudaDevices { get; init; }

    /// <summary>Compute capability; null of a processor.</summary>
    public string? Capability { get; init; }

    /// <summary>Of the device.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>NVIDIA's driver, and the newest CUDA it serves.</summary>
    public string? Driver { get; init; }

    /// <summary>CUDA that libtorch was built with.</summary>
    public string? Cuda { get; init; }

    /// <summary>The libtorch that was loaded.</summary>
    public required string Libtorch { get; init; }

    /// <summary>TorchSharp, which calls it.</summary>
    public required string TorchSharp { get; init; }

    /// <summary>The product's version and, where it was built from a checkout, its commit.</summary>
    public required string Product { get; init; }

    /// <summary>.NET and the operating system.</summary>
    public required string System { get; init; }

    /// <summary>Processors this process may use.</summary>
    public required int Processors { get; init; }

    /// <summary>This machine, of which a device is checked.</summary>
    public static Machine Of(CheckSetting setting) => new()
    {
        Device = setting.OnCpu ? Processor() : CudaDriver.Name(setting.Index),
        CudaDevices = [.. Enumerable.Range(0, torch.cuda.is_available() ? torch.cuda.device_count() : 0).Select(CudaDriver.Name)],
        Capability = setting.OnCpu ? null : CudaDriver.Capability(setting.Index),
        MemoryBytes = AvailableMemory.Of(setting.DeviceName).Bytes,
        Driver = setting.OnCpu ? null : $"{CudaDriver.Release() ?? "unknown"}, up to CUDA {Version(CudaDriver.Cuda())}",
        Cuda = setting.OnCpu ? null : Version(CudaMemory.Version()),
        Libtorch = TorchLibrary.Version ?? "unknown",
        TorchSharp = Informational(typeof(torch).Assembly),
        Product = Informational(typeof(TorchLibrary).Assembly),
        System = $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}",
        Processors = Environment.ProcessorCount,
    };

    private static string Version(int? version) => version is { } number ? string.Create(CultureInfo.InvariantCulture, $"{number / 1000}.{number % 1000 / 10}") : "unknown";

    private static string Processor() => File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "a processor";

    private static string Informational(Assembly assembly) => assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
