using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Alignment.Kernels.Native;
using static TorchSharp.torch;

namespace Alignment.Kernels.Layers;

/// <summary>The gate x · σ(z(x)) of a gated MLP.</summary>
internal interface IGate
{
    /// <summary>z.</summary>
    static abstract Vector512<float> Inner(Vector512<float> x);

    /// <summary>x · dz/dx.</summary>
    static abstract Vector512<float> Slope(Vector512<float> x);
}

/// <summary>SiLU: z = x.</summary>
internal readonly struct SiluGate : IGate
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Inner(Vector512<float> x) => x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Slope(Vector512<float> x) => x;
}

/// <summary>GELU in its tanh form: ½ (1 + tanh u) = σ(2u), so z = 2 √(2/π) (x + 0.044715 x³).</summary>
internal readonly struct GeluGate : IGate
{
    private const float Twice = 1.5957691216057308f, Cube = 0.044715f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Inner(Vector512<float> x) => x * Twice * (Vector512<float>.One + x * x * Cube);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Slope(Vector512<float> x) => x * Twice * (Vector512<float>.One + x * x * (3 * Cube));
}

/// <summary>
/// gate · σ(z(gate)) · up over rows, and its gradient, each in one pass without a temporary. CPU, float32. With s = σ(z): d gate · s / d gate =
/// s · (1 + gate · dz/dgate · (1 − s)).
/// </summary>
internal static unsafe class GatedRows
{
    private const long WorkOfThread = 1L << 14; // products

    /// <summary>Whether these rows are served: float32 on a CPU with vector registers.</summary>
    public static bool Serves(Tensor gate) => Simd.Serves(gate);

    /// <summary>[rows, inner] products.</summary>
    /// <param name="gate">[rows, inner] float32, each row contiguous.</param>
    /// <param name="up">[rows, inner] float32, each row contiguous.</param>
    public static Tensor Forward<TGate>(Tensor gate, Tensor up) where TGate : struct, IGate
    {
        (long rows, int inner) = (gate.size(0), (int)gate.size(1));
        Tensor result = empty(rows, inner);
        (Strided gates, Strided ups) = (Rows(gate), Rows(up));
        float* output = AtenDispatcher.Floats(result);
        ParallelRows.For(rows, Grain(inner), (begin, end) =>
        {
            for (long row = begin; row < end; row++)
                ForwardRow<TGate>(gates.From((nint)row).At, ups.From((nint)row).At, output + row * inner, inner);
        });
        return result;
    }

    /// <summary>The gradients of gate and up.</summary>
    /// <param name="inputs">As in <see cref="Forward{TGate}"/>.</param>
    /// <param name="gradient">[rows, inner] float32, contiguous.</param>
    /// <param name="results">[rows, inner] float32, each row contiguous; written.</param>
    public static void Backward<TGate>((Tensor Gate, Tensor Up) inputs, Tensor gradient, (Tensor Gate, Tensor Up) results) where TGate : struct, IGate
    {
        (long rows, int inner) = (gradient.size(0), (int)gradient.size(1));
        (Strided gates, Strided ups) = (Rows(inputs.Gate), Rows(inputs.Up));
        float* outer = AtenDispatcher.Floats(gradient);
        (Strided ofGates, Strided ofUps) = (Rows(results.Gate), Rows(results.Up));
        ParallelRows.For(rows, Grain(inner), (begin, end) =>
        {
            for (long row = begin; row < end; row++)
                BackwardRow<TGate>(new(gates.From((nint)row).At, ups.From((nint)row).At, outer + row * inner, ofGates.From((nint)row).At, ofUps.From((nint)row).At), inner);
        });
    }

    private static long Grain(int inner) => Math.Max(1, WorkOfThread / inner);

    private static Strided Rows(Tensor rows) => new(AtenDispatcher.Floats(rows), (nint)rows.stride(0));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ForwardRow<TGate>(float* gates, float* ups, float* result, int inner) where TGate : struct, IGate
    {
        int i = 0;
        for (; i <= inner - Simd.Count; i += Simd.Count)
        {
            Vector512<float> gate = Vector512.Load(gates + i);
            (gate * Sigmoid(TGate.Inner(gate)) * Vector512.Load(ups + i)).Store(result + i);
        }
        if (i == inner)
            return;
        Vector512<float> last = Simd.Load(gates + i, inner - i, 0);
        Simd.Store(last * Sigmoid(TGate.Inner(last)) * Simd.Load(ups + i, inner - i, 0), result + i, inner - i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void BackwardRow<TGate>(Pointers at, int inner) where TGate : struct, IGate
    {
        int i = 0;
        for (; i <= inner - Simd.Count; i += Simd.Count)
        {
            (Vector512<float> gate, Vector512<float> up) = Gradients<TGate>(Vector512.Load(at.Gate + i), Vector512.Load(at.Up + i), Vector512.Load(at.Gradient + i));
            gate.Store(at.OfGate + i);
            up.Store(at.OfUp + i);
        }
        if (i == inner)
            return;
        int rest = inner - i;
        (Vector512<float> lastGate, Vector512<float> lastUp) =
            Gradients<TGate>(Simd.Load(at.Gate + i, rest, 0), Simd.Load(at.Up + i, rest, 0), Simd.Load(at.Gradient + i, rest, 0));
        Simd.Store(lastGate, at.OfGate + i, rest);
        Simd.Store(lastUp, at.OfUp + i, rest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float> Gate, Vector512<float> Up) Gradients<TGate>(Vector512<float> gate, Vector512<float> up, Vector512<float> gradient) where TGate : struct, IGate
    {
        Vector512<float> s = Sigmoid(TGate.Inner(gate)), one = Vector512<float>.One;
        return (gradient * up * s * (one + TGate.Slope(gate) * (one - s)), gradient * gate * s);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Sigmoid(Vector512<float> x) => Vector512<float>.One / (Vector512<float>.One + Simd.Exp(-x));

    private readonly struct Pointers(float* gate, float* up, float* gradient, float* ofGate, float* ofUp)
    {
        public float* Gate => gate;

        public float* Up => up;

        public float* Gradient => gradient;

        public float* OfGate => ofGate;

        public float* OfUp => ofUp;
    }
}
