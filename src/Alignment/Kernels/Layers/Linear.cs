using System.Buffers.Binary;
using System.Runtime.Intrinsics.X86;
using Alignment.Kernels.Native;
using TorchSharp;
using static Alignment.Kernels.Native.AtenDispatcher;
using static TorchSharp.torch;

namespace Alignment.Kernels.Layers;

/// <summary>x · weightᵀ + bias through the fastest product this machine has; <c>torch.nn.functional.linear</c> is the readable twin.</summary>
public static class Linear
{
    /// <summary>x · weightᵀ + bias, differentiable in all.</summary>
    /// <param name="x">[…, inputs].</param>
    /// <param name="weight">[outputs, inputs], of the dtype and device of <paramref name="x"/>.</param>
    /// <param name="bias">[outputs], or null.</param>
    /// <returns>[…, outputs].</returns>
    public static Tensor Of(Tensor x, Tensor weight, Tensor? bias = null) =>
        OneDnn.Serves(x) ? LinearFunction.Of(x, weight, bias) : nn.functional.linear(x, weight, bias);
}

/// <summary>The autograd node of <see cref="Linear"/> over oneDNN: x, weight and a bias or null in, the product out.</summary>
internal sealed class LinearFunction : GuardedFunction<LinearFunction>
{
    protected override ForwardPass Forward(object[] inputs) => new(OneDnn.Product((Tensor)inputs[0], (Tensor)inputs[1], (Tensor?)inputs[2]));

    protected override Tensor?[] Backward(object[] inputs, Tensor[] kept, Tensor gradient)
    {
        (Tensor x, Tensor weight, bool biased) = ((Tensor)inputs[0], (Tensor)inputs[1], inputs[2] is not null);
        gradient = gradient.reshape(-1, weight.shape[0]); // [rows, outputs]
        Tensor rows = x.reshape(-1, weight.shape[1]); // [rows, inputs]
        return [OneDnn.Product(gradient, weight.t()).view(x.shape), ForWeight(gradient, rows), biased ? gradient.sum([0]) : null];
    }

    // gradientᵀ · rows; oneDNN copies its left factor when that is a transposed view, so the narrower one stands there
    private static Tensor ForWeight(Tensor gradient, Tensor rows) => gradient.shape[1] <= rows.shape[1]
        ? OneDnn.Product(gradient.t(), rows.t()) : OneDnn.Product(rows.t(), gradient.t()).t();
}

/// <summary>
/// Float32 matrix products of oneDNN, which libtorch carries beside MKL. MKL takes its AVX-512 kernels on Intel's processors alone; on others it
/// stays at half the vector width, and oneDNN gives 2.0 to 2.4 times its speed (a Zen 5 core: 95-105 against 200-245 GFLOP/s).
/// </summary>
internal static class OneDnn
{
    private const string Linear = "mkldnn::_linear_pointwise";
    private static readonly bool s_preferred = OperatingSystem.IsLinux() && Avx512F.IsSupported && Vendor() != "GenuineIntel";

    /// <summary>Whether the product of these rows goes here: float32 on a CPU that MKL does not serve well.</summary>
    public static bool Serves(Tensor rows) => s_preferred && rows.dtype == ScalarType.Float32 && rows.device_type == DeviceType.CPU;

    /// <summary>rows · columnsᵀ; without a gradient of its own.</summary>
    /// <param name="rows">[…, inner] float32; copied where it is not contiguous.</param>
    /// <param name="columns">[outputs, inner] float32; any strides, a transposed view costs nothing.</param>
    /// <param name="bias">[outputs], or null.</param>
    /// <returns>[…, outputs].</returns>
    public static Tensor Product(Tensor rows, Tensor columns, Tensor? bias = null) => Tensor(Linear, Argument(rows), Argument(columns),
        bias is null ? None : Optional(Argument(bias)), Argument("none"), Argument(default(ReadOnlySpan<Tensor>)), None);

    private static string Vendor()
    {
        (_, int first, int third, int second) = X86Base.CpuId(0, 0);
        Span<byte> name = stackalloc byte[12];
        BinaryPrimitives.WriteInt32LittleEndian(name, first);
        BinaryPrimitives.WriteInt32LittleEndian(name[4..], second);
        BinaryPrimitives.WriteInt32LittleEndian(name[8..], third);
        return System.Text.Encoding.ASCII.GetString(name);
    }
}
