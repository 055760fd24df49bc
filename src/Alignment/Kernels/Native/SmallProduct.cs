using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Alignment.Kernels.Native;

/// <summary>Numbers in memory, read as a matrix: element (row, inner) lies at At + row · Row + inner · Inner.</summary>
internal readonly unsafe struct Strided(float* at, nint row, nint inner = 1)
{
    public float* At => at;

    public nint Row => row;

    public nint Inner => inner;

    /// <summary>The matrix that begins at another row and column.</summary>
    public Strided From(nint firstRow, nint firstInner = 0) => new(at + firstRow * row + firstInner * inner, row, inner);

    /// <summary>Rows become columns.</summary>
    public Strided Transposed => new(at, inner, row);
}

/// <summary>Matrix products too small for a library call: four rows of them at a time.</summary>
internal static unsafe class SmallProduct
{
    /// <summary>Rows of a call.</summary>
    public const int Rows = 4;

    /// <summary>c += a · b for four rows.</summary>
    /// <param name="a">[4, inner], any strides.</param>
    /// <param name="b">[inner, columns], columns side by side.</param>
    /// <param name="c">[4, columns], columns side by side.</param>
    /// <param name="size">Columns, a multiple of <see cref="Simd.Count"/>, and the inner length, ≥ 0.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(Strided a, Strided b, Strided c, (int Columns, int Inner) size)
    {
        int column = 0;
        if (Vector512.IsHardwareAccelerated) // where a vector is a pair of registers, eight sums of them do not fit
            for (; column <= size.Columns - 2 * Simd.Count; column += 2 * Simd.Count)
                TwoVectors(a, b.From(0, column), c.From(0, column), size.Inner);
        for (; column < size.Columns; column += Simd.Count)
            OneVector(a, b.From(0, column), c.From(0, column), size.Inner);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TwoVectors(Strided a, Strided bRows, Strided cRows, int inner)
    {
        float* first = a.At, second = first + a.Row, third = second + a.Row, fourth = third + a.Row, b = bRows.At, c = cRows.At;
        nint aInner = a.Inner, bRow = bRows.Row, cRow = cRows.Row;
        Vector512<float> c0 = Vector512.Load(c), c1 = Vector512.Load(c + cRow), c2 = Vector512.Load(c + 2 * cRow), c3 = Vector512.Load(c + 3 * cRow);
        float* right = c + Simd.Count;
        Vector512<float> d0 = Vector512.Load(right), d1 = Vector512.Load(right + cRow), d2 = Vector512.Load(right + 2 * cRow), d3 = Vector512.Load(right + 3 * cRow);
        nint at = 0;
        for (int i = 0; i < inner; i++, at += aInner, b += bRow)
        {
            Vector512<float> x = Vector512.Load(b), y = Vector512.Load(b + Simd.Count);
            Vector512<float> factor = Vector512.Create(first[at]);
            (c0, d0) = (Vector512.FusedMultiplyAdd(factor, x, c0), Vector512.FusedMultiplyAdd(factor, y, d0));
            factor = Vector512.Create(second[at]);
            (c1, d1) = (Vector512.FusedMultiplyAdd(factor, x, c1), Vector512.FusedMultiplyAdd(factor, y, d1));
            factor = Vector512.Create(third[at]);
            (c2, d2) = (Vector512.FusedMultiplyAdd(factor, x, c2), Vector512.FusedMultiplyAdd(factor, y, d2));
            factor = Vector512.Create(fourth[at]);
            (c3, d3) = (Vector512.FusedMultiplyAdd(factor, x, c3), Vector512.FusedMultiplyAdd(factor, y, d3));
        }
        c0.Store(c);
        c1.Store(c + cRow);
        c2.Store(c + 2 * cRow);
        c3.Store(c + 3 * cRow);
        d0.Store(right);
        d1.Store(right + cRow);
        d2.Store(right + 2 * cRow);
        d3.Store(right + 3 * cRow);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OneVector(Strided a, Strided bRows, Strided cRows, int inner)
    {
        float* first = a.At, second = first + a.Row, third = second + a.Row, fourth = third + a.Row, b = bRows.At, c = cRows.At;
        nint aInner = a.Inner, bRow = bRows.Row, cRow = cRows.Row;
        Vector512<float> c0 = Vector512.Load(c), c1 = Vector512.Load(c + cRow), c2 = Vector512.Load(c + 2 * cRow), c3 = Vector512.Load(c + 3 * cRow);
        nint at = 0;
        for (int i = 0; i < inner; i++, at += aInner, b += bRow)
        {
            Vector512<float> x = Vector512.Load(b);
            c0 = Vector512.FusedMultiplyAdd(Vector512.Create(first[at]), x, c0);
            c1 = Vector512.FusedMultiplyAdd(Vector512.Create(second[at]), x, c1);
            c2 = Vector512.FusedMultiplyAdd(Vector512.Create(third[at]), x, c2);
            c3 = Vector512.FusedMultiplyAdd(Vector512.Create(fourth[at]), x, c3);
        }
        c0.Store(c);
        c1.Store(c + cRow);
        c2.Store(c + 2 * cRow);
        c3.Store(c + 3 * cRow);
    }
}
