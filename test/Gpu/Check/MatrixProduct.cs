using Alignment.Kernels.Layers;
using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Tests.Gpu.Check;

/// <summary>How fast a device multiplies large square matrices: the peak that other figures are held against.</summary>
internal static class MatrixProduct
{
    private const int Repetitions = 10;

    /// <summary>Operations a second, of the fastest of some products.</summary>
    public static double OperationsPerSecond(CheckSetting setting, Precision precision)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        long size = setting.Scale.Product;
        Tensor one = randn([size, size], Placement.Of(precision, setting.Device).Type, setting.Device), other = one.t().contiguous();
        Linear.Of(one, other).Dispose(); // chooses the kernel
        double fastest = Enumerable.Range(0, Repetitions).Min(_ => setting.Seconds(() => Linear.Of(one, other).Dispose()));
        return 2.0 * size * size * size / fastest;
    }
}
