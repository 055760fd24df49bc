using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static System.Runtime.Intrinsics.Vector512;
using static TorchSharp.torch;

namespace Alignment.Kernels.Native;

/// <summary>
/// Float32 arithmetic in sixteen lanes. The runtime compiles it to AVX-512 or to pairs of AVX2 registers, whichever the processor has; the lanes are
/// sixteen in both, so sums are formed in the same order.
/// </summary>
internal static class Simd
{
    /// <summary>Lanes of a vector.</summary>
    public const int Count = 16;

    private const float Lowest = -86.6f; // 2⁻¹²⁵ times the polynomial is a normal number
    private const float Highest = 88;
    private const float Log2E = 1.44269504f;
    private const float Whole = 12582912; // 1.5 · 2²³: its unit is 1, so adding it rounds, and the low bits then hold the whole number

    /// <summary>Whether the processor has registers for this; kernels leave the work to libtorch where not.</summary>
    public static bool Fast => Vector256.IsHardwareAccelerated;

    /// <summary>Whether kernels over lanes serve a tensor: float32 on the CPU.</summary>
    public static bool Serves(Tensor tensor) => Fast && tensor.dtype == ScalarType.Float32 && tensor.device_type == DeviceType.CPU;

    /// <summary>exp(x) with a relative error of about 2e−7; 0 for x below −86.6 (−∞ included), exp(88) for x above 88, NaN for NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x) =>
        ConditionalSelect(LessThan(x, Create(Lowest)), Vector512<float>.Zero, Power(MinNative(Create(Highest), MaxNative(Create(Lowest), x))));

    /// <summary>As <see cref="Exp"/> for x ≤ 88 alone, and 2.5e−38 where that gives 0: cheaper, and enough for a sum in which larger numbers are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ExpForSum(Vector512<float> x) => Power(MaxNative(Create(Lowest), x)); // the second operand where that is NaN

    /// <summary>tanh(x) with a relative error of about 4e−7.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Tanh(Vector512<float> x)
    {
        Vector512<float> square = x * x, one = Vector512<float>.One;
        // near 0 the quotient loses the digits that the series has
        Vector512<float> series = x * (one - square * (Create(1 / 3f) - square * (Create(2 / 15f) - square * Create(17 / 315f))));
        return ConditionalSelect(LessThan(Abs(x), Create(0.25f)), series, one - Create(2f) / (Exp(x + x) + one));
    }

    // eˣ = 2ⁿ · 2ʳ with |r| ≤ ½; the polynomial is the minimax one of degree 6 for 2ʳ, with a relative error of 1.6e−8
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Power(Vector512<float> x)
    {
        Vector512<float> shifted = FusedMultiplyAdd(x, Create(Log2E), Create(Whole));
        Vector512<float> r = FusedMultiplyAdd(x, Create(Log2E), Create(Whole) - shifted);
        Vector512<float> p = Create(1.534581242594868e-4f);
        p = FusedMultiplyAdd(p, r, Create(1.3399930903688073e-3f));
        p = FusedMultiplyAdd(p, r, Create(9.618489071726799e-3f));
        p = FusedMultiplyAdd(p, r, Create(5.550328642129898e-2f));
        p = FusedMultiplyAdd(p, r, Create(0.24022646248340607f));
        p = FusedMultiplyAdd(p, r, Create(0.6931471824645996f));
        p = FusedMultiplyAdd(p, r, Vector512<float>.One);
        return (p.AsInt32() + (shifted.AsInt32() << 23)).AsSingle(); // n goes into the exponent
    }

    /// <summary>The largest lane; NaN where one is.</summary>
    public static float Largest(Vector512<float> value)
    {
        float largest = value[0];
        for (int i = 1; i < Count; i++)
            largest = Math.Max(largest, value[i]);
        return largest;
    }

    /// <summary>Σ a ∘ b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe float Dot(float* a, float* b, int count)
    {
        Vector512<float> sums = Vector512<float>.Zero;
        int i = 0;
        for (; i <= count - Count; i += Count)
            sums += Vector512.Load(a + i) * Vector512.Load(b + i);
        float sum = Vector512.Sum(sums);
        for (; i < count; i++)
            sum += a[i] * b[i];
        return sum;
    }

    /// <summary>to[column, row] = from[row, column] for sixteen rows.</summary>
    /// <param name="from">[16, columns], columns side by side.</param>
    /// <param name="to">[columns, 16], rows side by side.</param>
    /// <param name="columns">A multiple of four.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe void Transpose(Strided from, Strided to, int columns)
    {
        for (int column = 0; column < columns; column += 4)
            for (int row = 0; row < Count; row += 4)
                if (Sse.IsSupported)
                    TransposeFour(from.From(row, column), to.From(column, row));
                else
                    for (int i = 0; i < 4; i++)
                        for (int j = 0; j < 4; j++)
                            to.From(column + j, row + i).At[0] = from.From(row + i, column + j).At[0];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void TransposeFour(Strided from, Strided to)
    {
        Vector128<float> a = Vector128.Load(from.At), b = Vector128.Load(from.At + from.Row), c = Vector128.Load(from.At + 2 * from.Row), d = Vector128.Load(from.At + 3 * from.Row);
        (Vector128<float> earlyAb, Vector128<float> earlyCd) = (Sse.UnpackLow(a, b), Sse.UnpackLow(c, d)); // a0 b0 a1 b1
        (Vector128<float> lateAb, Vector128<float> lateCd) = (Sse.UnpackHigh(a, b), Sse.UnpackHigh(c, d));
        Sse.MoveLowToHigh(earlyAb, earlyCd).Store(to.At);
        Sse.MoveHighToLow(earlyCd, earlyAb).Store(to.At + to.Row);
        Sse.MoveLowToHigh(lateAb, lateCd).Store(to.At + 2 * to.Row);
        Sse.MoveHighToLow(lateCd, lateAb).Store(to.At + 3 * to.Row);
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
