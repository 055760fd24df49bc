using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static System.Runtime.Intrinsics.Vector512;
using static TorchSharp.torch;

namespace Alignment.Kernels;

/// <summary>
/// Float32 arithmetic in sixteen lanes. The runtime compiles it to AVX-512 or to pairs of AVX2 registers, whichever the processor has; the lanes are
/// sixteen in both, so sums are formed in the same order.
/// </summary>
internal static class Lanes
{
    /// <summary>Lanes of a vector.</summary>
    public const int Count = 16;

    private const float Lowest = -87.33654f; // exp of less is below the smallest normal number
    private const float Highest = 88;

    /// <summary>Whether the processor has registers for this; kernels leave the work to libtorch where not.</summary>
    public static bool Fast => Vector256.IsHardwareAccelerated;

    /// <summary>Whether kernels over lanes serve a tensor: float32 on the CPU.</summary>
    public static bool Serve(Tensor tensor) => Fast && tensor.dtype == ScalarType.Float32 && tensor.device_type == DeviceType.CPU;

    /// <summary>
    /// exp(x) with a relative error of about 1e−7; 0 for x below −87.3 (−∞ included), exp(88) for x above 88, NaN for NaN. Cody and Waite's reduction and the
    /// polynomial of Cephes' expf (Moshier 1992).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        Vector512<float> kept = Min(Max(x, Create(Lowest)), Create(Highest));
        Vector512<float> n = Round(kept * 1.44269504f);
        Vector512<float> r = MultiplyAddEstimate(n, Create(-0.693359375f), kept);
        r = MultiplyAddEstimate(n, Create(2.12194440e-4f), r);
        Vector512<float> p = Create(1.9875691500e-4f);
        p = MultiplyAddEstimate(p, r, Create(1.3981999507e-3f));
        p = MultiplyAddEstimate(p, r, Create(8.3334519073e-3f));
        p = MultiplyAddEstimate(p, r, Create(4.1665795894e-2f));
        p = MultiplyAddEstimate(p, r, Create(1.6666665459e-1f));
        p = MultiplyAddEstimate(p, r, Create(5.0000001201e-1f));
        p = MultiplyAddEstimate(p, r * r, r + Vector512<float>.One);
        // 2ⁿ by its exponent bits; n lies in −126 … 127
        Vector512<float> power = ((ConvertToInt32(n) + Create(127)) << 23).AsSingle();
        return ConditionalSelect(LessThan(x, Create(Lowest)), Vector512<float>.Zero, p * power);
    }

    /// <summary>The largest lane; NaN where one is.</summary>
    public static float Largest(Vector512<float> value)
    {
        float largest = value[0];
        for (int i = 1; i < Count; i++)
            largest = Math.Max(largest, value[i]);
        return largest;
    }

    /// <summary>Asks for the two vectors at an address, which need not be readable.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Prefetch(float* address)
    {
        if (!Sse.IsSupported)
            return;
        Sse.Prefetch0(address);
        Sse.Prefetch0(address + Count);
    }

    /// <summary>Up to sixteen numbers, the missing ones as <paramref name="rest"/>.</summary>
    public static unsafe Vector512<float> Load(float* from, int count, float rest)
    {
        float* lanes = stackalloc float[Count];
        for (int i = 0; i < Count; i++)
            lanes[i] = i < count ? from[i] : rest;
        return Vector512.Load(lanes);
    }

    /// <summary>Writes the first lanes.</summary>
    public static unsafe void Store(Vector512<float> value, float* to, int count)
    {
        for (int i = 0; i < count; i++)
            to[i] = value[i];
    }
}
