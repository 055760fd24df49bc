using System.Runtime.InteropServices;
using System.Text;

namespace Alignment.Tests.Gpu;

/// <summary>What NVIDIA's driver says of the machine's devices.</summary>
internal static unsafe class CudaDriver
{
    private const int Text = 256;

    /// <summary>The driver's name of a device.</summary>
    /// <exception cref="InvalidOperationException">The driver refuses.</exception>
    public static string Name(int index)
    {
        byte* name = stackalloc byte[Text];
        return GetName(name, Text, Device(index)) is not 0 and var error ? throw Refused(index, error) : String(name);
    }

    /// <summary>A device's compute capability, such as 8.0.</summary>
    /// <exception cref="InvalidOperationException">The driver refuses.</exception>
    public static string Capability(int index)
    {
        const int Major = 75, Minor = 76; // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_…
        int device = Device(index);
        return FormattableString.Invariant($"{Value(Major)}.{Value(Minor)}");

        int Value(int attribute) => GetAttribute(out int value, attribute, device) is not 0 and var error ? throw Refused(index, error) : value;
    }

    /// <summary>The newest CUDA that the driver serves, as 1000 · major + 10 · minor; null where it does not say.</summary>
    public static int? Cuda() => Version(out int version) == 0 ? version : null;

    /// <summary>The driver's own version, such as 550.54.15; null where its management library is not there.</summary>
    public static string? Release()
    {
        try
        {
            byte* text = stackalloc byte[Text];
            return InitManagement() == 0 && DriverVersion(text, Text) == 0 ? String(text) : null;
        }
        catch (DllNotFoundException)
        {
            return null;
        }
    }

    private static int Device(int index)
    {
        if (Init(0) is not 0 and var error)
            throw Refused(index, error);
        return Get(out int device, index) is not 0 and var none ? throw Refused(index, none) : device;
    }

    private static InvalidOperationException Refused(int index, int error) => new($"the CUDA driver tells nothing of device {index}: error {error}");

    private static string String(byte* text) => Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));

    [DllImport("libcuda.so.1", EntryPoint = "cuInit")]
    private static extern int Init(uint flags);

    [DllImport("libcuda.so.1", EntryPoint = "cuDeviceGet")]
    private static extern int Get(out int device, int ordinal);

    [DllImport("libcuda.so.1", EntryPoint = "cuDeviceGetName")]
    private static extern int GetName(byte* name, int length, int device);

    [DllImport("libcuda.so.1", EntryPoint = "cuDeviceGetAttribute")]
    private static extern int GetAttribute(out int value, int attribute, int device);

    [DllImport("libcuda.so.1", EntryPoint = "cuDriverGetVersion")]
    private static extern int Version(out int version);

    [DllImport("libnvidia-ml.so.1", EntryPoint = "nvmlInit_v2")]
    private static extern int InitManagement();

    [DllImport("libnvidia-ml.so.1", EntryPoint = "nvmlSystemGetDriverVersion")]
    private static extern int DriverVersion(byte* version, uint length);
}
