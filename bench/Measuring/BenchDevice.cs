using static TorchSharp.torch;

namespace Alignment.Bench.Measuring;

/// <summary>Where the benchmarks run: the CPU, or the device that <c>ALIGNMENT_BENCH_DEVICE</c> names.</summary>
internal static class BenchDevice
{
    public static Device Current { get; } = device(Environment.GetEnvironmentVariable("ALIGNMENT_BENCH_DEVICE") is { Length: > 0 } name ? name : "cpu");

    /// <summary>Waits until the device has done what it was given, so that the clock stops after the work.</summary>
    public static void Finish()
    {
        if (Current.type == TorchSharp.DeviceType.CUDA)
            cuda.synchronize();
    }

    /// <summary>As <see cref="Finish()"/>; gives one number of a result, which shows that it was computed.</summary>
    public static double Finish(Tensor result)
    {
        using var scope = NewDisposeScope();
        return result.reshape(-1)[0].to(ScalarType.Float64).item<double>(); // a copy to the host waits for the device
    }
}
