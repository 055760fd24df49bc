using System.Globalization;
using Alignment.Kernels.Native;
using static TorchSharp.torch;

namespace Alignment.Tests.Gpu.Check;

/// <summary>
/// The most memory that was in use since this was made. On a GPU what libtorch has taken from the driver, which it keeps, so that a later stage never shows less
/// than an earlier one, and the code of the kernels; on the CPU the process's resident memory.
/// </summary>
internal sealed class UsedMemory
{
    private readonly CheckSetting _setting;
    private readonly long _before;

    /// <summary>Begins; the device is woken up first, so that what it takes for itself does not count.</summary>
    public UsedMemory(CheckSetting setting)
    {
        _setting = setting;
        using (Tensor first = ones(1, device: setting.Device))
            _ = first.cpu().item<float>();
        _before = setting.OnCpu ? Resident("VmRSS:") : Taken();
    }

    /// <summary>Bytes.</summary>
    public long Peak => (_setting.OnCpu ? Resident("VmHWM:") : Taken()) - _before;

    private long Taken()
    {
        cuda.synchronize(_setting.Device);
        return CudaMemory.Of(_setting.Index) is { } memory ? memory.Total - memory.Free : throw new InvalidOperationException("the CUDA runtime tells nothing of the device's memory");
    }

    private static long Resident(string field)
    {
        string line = File.ReadLines("/proc/self/status").First(one => one.StartsWith(field, StringComparison.Ordinal)); // VmHWM:  123456 kB
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Trim('\t'), CultureInfo.InvariantCulture);
    }
}
