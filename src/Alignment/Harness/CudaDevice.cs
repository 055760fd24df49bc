using System.Globalization;
using NUnit.Framework;
using TorchSharp;

namespace Alignment.Harness;

/// <summary>What happens where a test asks for a CUDA device that the machine does not have.</summary>
internal static class CudaDevice
{
    /// <summary>
    /// Returns where the device is there. On a machine without any CUDA device the calling test is ignored with the reason, or fails under
    /// -p:RequireGpu=true; a name that is none, or a device that is not among the machine's, is a failure.
    /// </summary>
    /// <param name="name">cuda or cuda:N.</param>
    public static void Require(string name)
    {
        int devices = torch.cuda.is_available() ? torch.cuda.device_count() : 0;
        if (Missing(name, devices) is not { } reason)
            return;
        if (devices > 0 || Index(name) < 0)
            Assert.Fail(reason);
        if (Parameters.IsTrue("RequireGpu"))
            Assert.Fail($"-p:RequireGpu=true, and {reason}");
        Assert.Ignore($"{reason}; -p:RequireGpu=true makes this a failure");
    }

    /// <summary>Why a machine with so many CUDA devices does not have this one, or null.</summary>
    public static string? Missing(string name, int devices) => Index(name) switch
    {
        < 0 => $"Device={name} names no CUDA device; give cuda:0, cuda:1, …",
        var index => index < devices ? null : $"libtorch sees {devices} CUDA device(s), so there is no {name}",
    };

    // cuda is cuda:0; -1: neither cuda nor cuda:N
    private static int Index(string name) => name.Split(':') switch
    {
        ["cuda"] => 0,
        ["cuda", var number] when int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int index) => index,
        _ => -1,
    };
}
