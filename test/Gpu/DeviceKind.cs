using System.Globalization;

namespace Alignment.Tests.Gpu;

/// <summary>What kind of device numbers were computed on: the CPU, or a GPU by the driver's name of it.</summary>
internal static class DeviceKind
{
    /// <summary>As a file's name has it: cpu, nvidia-h100-80gb-hbm3, ….</summary>
    /// <param name="device">cpu, cuda or cuda:N.</param>
    /// <exception cref="InvalidOperationException">The driver refuses.</exception>
    public static string Of(string device) => device == "cpu" ? device : Slug(CudaDriver.Name(device.Split(':') is [_, var index] ? int.Parse(index, CultureInfo.InvariantCulture) : 0));

    /// <summary>Lower-case letters and digits, anything else between them a dash.</summary>
    public static string Slug(string name) =>
        string.Join('-', string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : ' ')).Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
