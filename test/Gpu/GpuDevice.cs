using Alignment.Tests.Sweep;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Gpu;

/// <summary>The CUDA device that -p:Device names, cuda:0 by default.</summary>
internal static class GpuDevice
{
    /// <summary>The device; without it the calling fixture is ignored with the reason, or fails under -p:RequireGpu=true.</summary>
    public static Device Required()
    {
        string name = TestContext.Parameters.Get("Device") is { Length: > 0 } given ? given : "cuda:0";
        if (Missing(name, cuda.is_available() ? cuda.device_count() : 0) is { } reason)
        {
            if (SweepParameters.RequireGpu)
                Assert.Fail($"RequireGpu=true, and {reason}");
            Assert.Ignore($"{reason}; RequireGpu=true makes this a failure");
        }
        return device(name);
    }

    /// <summary>Why a machine with so many CUDA devices does not have this one, or null.</summary>
    public static string? Missing(string name, int devices)
    {
        string[] parts = name.Split(':');
        if (parts[0] != "cuda" || parts.Length > 2 || !int.TryParse(parts.Length == 2 ? parts[1] : "0", out int index) || index < 0)
            return $"Device={name} names no CUDA device; give cuda:0, cuda:1, …";
        return index < devices ? null : $"libtorch sees {devices} CUDA device(s), so there is no {name}";
    }
}
