using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static TorchSharp.torch;

namespace Alignment.Kernels.Native;

/// <summary>Up to four rows of a matrix; the last one stands for those that are missing.</summary>
/// <param name="first">The first row.</param>
/// <param name="stride">From a row to the next.</param>
/// <param name="count">1 to 4.</param>
internal readonly unsafe struct FourRows(float* first, nint stride, int count)
{
    public int Count => count;

    public float* First => first;

    public float* Second => first + Math.Min(1, count - 1) * stride;

    public float* Third => first + Math.Min(2, count - 1) * stride;

    public float* Fourth => first + (count - 1) * stride;
}

/// <summary>
/// Scalar products of up to four rows with up to four others, all read where they lie: sixteen sums at a time in AVX-512's registers, eight in AVX2's. A sum does not
/// depend on how many rows there are.
/// </summary>
internal static unsafe class RowDots
{
    /// <summary>Rows of a call.</summary>
    public const int Rows = 4;

    /// <summary>Whether rows of a tensor are served: float32 on a CPU with AVX2 at least, in whole vectors.</summary>
    public static bool Serves(Tensor rows) => Simd.Serves(rows) && rows.shape[^1] % Simd.Count == 0;

    /// <summary>Writes the products of each row with each other one.</summary>
    /// <param name="rows">[1 to 4, length].</param>
    /// <param name="others">[1 to 4, length].</param>
    /// <param name="sums">[4, 4]; where rows or others are missing, what stands there means nothing.</param>
    /// <param name="length">A multiple of <see cref="Simd.Count"/>.</param>
    public static void Of(FourRows rows, FourRows others, float* sums, int length)
    {
        if (!Avx512F.IsSupported)
        {
            Eight(rows.First, rows.Second, others, sums, length);
            if (rows.Count > 2)
                Eight(rows.Third, rows.Fourth, others, sums + 2 * Rows, length);
        }
        else if (rows.Count == 1)
            Four(rows.First, others, sums, length);
        else
            Sixteen(rows, others, sums, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Eight(float* x0, float* x1, FourRows weights, float* sums, int inputs)
    {
        float* w0 = weights.First, w1 = weights.Second, w2 = weights.Third, w3 = weights.Fourth;
        Vector256<float> a0 = Vector256<float>.Zero, a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
        for (int i = 0; i < inputs; i += Vector256<float>.Count)
        {
            Vector256<float> u0 = Vector256.Load(w0 + i), u1 = Vector256.Load(w1 + i), u2 = Vector256.Load(w2 + i), u3 = Vector256.Load(w3 + i);
            Vector256<float> x = Vector256.Load(x0 + i);
            a0 = Vector256.FusedMultiplyAdd(x, u0, a0);
            a1 = Vector256.FusedMultiplyAdd(x, u1, a1);
            a2 = Vector256.FusedMultiplyAdd(x, u2, a2);
            a3 = Vector256.FusedMultiplyAdd(x, u3, a3);
            x = Vector256.Load(x1 + i);
            b0 = Vector256.FusedMultiplyAdd(x, u0, b0);
            b1 = Vector256.FusedMultiplyAdd(x, u1, b1);
            b2 = Vector256.FusedMultiplyAdd(x, u2, b2);
            b3 = Vector256.FusedMultiplyAdd(x, u3, b3);
        }
        Added(a0, a1, a2, a3).Store(sums);
        Added(b0, b1, b2, b3).Store(sums + Rows);
    }

    // the lanes of each are added
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Added(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d)
    {
        Vector256<double> ab = (Avx.UnpackLow(a, b) + Avx.UnpackHigh(a, b)).AsDouble(), cd = (Avx.UnpackLow(c, d) + Avx.UnpackHigh(c, d)).AsDouble();
        Vector256<float> four = Avx.UnpackLow(ab, cd).AsSingle() + Avx.UnpackHigh(ab, cd).AsSingle();
        return four.GetLower() + four.GetUpper();
    }

    // sixteen sums at a time, so that as many additions are under way as the processor can have
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sixteen(FourRows rows, FourRows weights, float* sums, int inputs)
    {
        float* x0 = rows.First, x1 = rows.Second, x2 = rows.Third, x3 = rows.Fourth, w0 = weights.First, w1 = weights.Second, w2 = weights.Third, w3 = weights.Fourth;
        Vector512<float> a0 = Vector512<float>.Zero, a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
        Vector512<float> c0 = a0, c1 = a0, c2 = a0, c3 = a0, d0 = a0, d1 = a0, d2 = a0, d3 = a0;
        for (int i = 0; i < inputs; i += Simd.Count)
        {
            Vector512<float> u0 = Vector512.Load(w0 + i), u1 = Vector512.Load(w1 + i), u2 = Vector512.Load(w2 + i), u3 = Vector512.Load(w3 + i);
            Vector512<float> x = Vector512.Load(x0 + i);
            a0 = Avx512F.FusedMultiplyAdd(x, u0, a0);
            a1 = Avx512F.FusedMultiplyAdd(x, u1, a1);
            a2 = Avx512F.FusedMultiplyAdd(x, u2, a2);
            a3 = Avx512F.FusedMultiplyAdd(x, u3, a3);
            x = Vector512.Load(x1 + i);
            b0 = Avx512F.FusedMultiplyAdd(x, u0, b0);
            b1 = Avx512F.FusedMultiplyAdd(x, u1, b1);
            b2 = Avx512F.FusedMultiplyAdd(x, u2, b2);
            b3 = Avx512F.FusedMultiplyAdd(x, u3, b3);
            x = Vector512.Load(x2 + i);
            c0 = Avx512F.FusedMultiplyAdd(x, u0, c0);
            c1 = Avx512F.FusedMultiplyAdd(x, u1, c1);
            c2 = Avx512F.FusedMultiplyAdd(x, u2, c2);
            c3 = Avx512F.FusedMultiplyAdd(x, u3, c3);
            x = Vector512.Load(x3 + i);
            d0 = Avx512F.FusedMultiplyAdd(x, u0, d0);
            d1 = Avx512F.FusedMultiplyAdd(x, u1, d1);
            d2 = Avx512F.FusedMultiplyAdd(x, u2, d2);
            d3 = Avx512F.FusedMultiplyAdd(x, u3, d3);
        }
        Added(Lanes(a0, a1, a2, a3), Lanes(b0, b1, b2, b3), Lanes(c0, c1, c2, c3), Lanes(d0, d1, d2, d3)).Store(sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four(float* x, FourRows weights, float* sums, int inputs)
    {
        float* w0 = weights.First, w1 = weights.Second, w2 = weights.Third, w3 = weights.Fourth;
        Vector512<float> a0 = Vector512<float>.Zero, a1 = a0, a2 = a0, a3 = a0;
        for (int i = 0; i < inputs; i += Simd.Count)
        {
            Vector512<float> own = Vector512.Load(x + i);
            a0 = Avx512F.FusedMultiplyAdd(own, Vector512.Load(w0 + i), a0);
            a1 = Avx512F.FusedMultiplyAdd(own, Vector512.Load(w1 + i), a1);
            a2 = Avx512F.FusedMultiplyAdd(own, Vector512.Load(w2 + i), a2);
            a3 = Avx512F.FusedMultiplyAdd(own, Vector512.Load(w3 + i), a3);
        }
        Vector512<float> four = Lanes(a0, a1, a2, a3);
        Added(four, four, four, four).GetLower().GetLower().Store(sums);
    }

    // four vectors → in each 128 bits, a part of the sum of each
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Lanes(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d)
    {
        Vector512<double> ab = (Avx512F.UnpackLow(a, b) + Avx512F.UnpackHigh(a, b)).AsDouble(), cd = (Avx512F.UnpackLow(c, d) + Avx512F.UnpackHigh(c, d)).AsDouble();
        return Avx512F.UnpackLow(ab, cd).AsSingle() + Avx512F.UnpackHigh(ab, cd).AsSingle();
    }

    // the four parts of each are added: 128 bits of the result for each
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Added(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d)
    {
        const byte Even = 0x88, Odd = 0xDD;
        Vector512<float> ab = Avx512F.Shuffle4x128(a, b, Even) + Avx512F.Shuffle4x128(a, b, Odd), cd = Avx512F.Shuffle4x128(c, d, Even) + Avx512F.Shuffle4x128(c, d, Odd);
        return Avx512F.Shuffle4x128(ab, cd, Even) + Avx512F.Shuffle4x128(ab, cd, Odd);
    }
}
