using System.Runtime.InteropServices;
using System.Text;

namespace Alignment.Tests.Gpu;

/// <summary>What kind of device numbers were computed on: the CPU, or a GPU by the driver's name of it.</summary>
internal static class DeviceKind
{
    /// <summary>As a file's name has it: cpu, nvidia-h100-80gb-hbm3, ….</summary>
    /// <param name="device">cpu, cuda or cuda:N.</param>
    /// <exception cref="InvalidOperationException">The driver refuses.</exception>
    public static string Of(string device) => device == "cpu" ? device : Slug(Name(device.Split(':') is [_, var index] ? int.Parse(index, System.Globalization.CultureInfo.InvariantCulture) : 0));

    /// <summary>Lower-case letters and digits, anything else between them a dash.</summary>
    public static string Slug(string name) =>
        string.Join('-', string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : ' ')).Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static unsafe string Name(int index)
    {
        byte* name = stackalloc byte[256];
        int error = Init(0);
        error = error != 0 ? error : Get(out int device, index) is not 0 and var refused ? refused : GetName(name, 256, device);
        return error == 0 ? Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name)) : throw new InvalidOperationException($"the CUDA driver gives no name of device {index}: error {error}");
    }

    [DllImport("libcuda.so.1", EntryPoint = "cuInit")]
    private static extern int Init(uint flags);

    [DllImport("libcuda.so.1", EntryPoint = "cuDeviceGet")]
    private static extern int Get(out int device, int ordinal);

    [DllImport("libcuda.so.1", EntryPoint = "cuDeviceGetName")]
    private static extern unsafe int GetName(byte* name, int length, int device);
}
