using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Alignment.Kernels.Native;
using static TorchSharp.torch;

namespace Alignment.Kernels.Layers;

/// <summary>silu(gate) · up, the middle of a gated MLP (SwiGLU; Shazeer 2020, eq. 6). <see cref="Plain"/> is the readable twin.</summary>
internal static class SwiGlu
{
    /// <summary>silu(gate) · up, differentiable.</summary>
    /// <param name="both">[…, 2 · inner]: gate, then up.</param>
    /// <returns>[…, inner].</returns>
    public static Tensor Of(Tensor both) => SwiGluRows.Serves(both) ? SwiGluFunction.Of(both) : Plain(both);

    /// <summary>As <see cref="Of"/>, in libtorch's operators.</summary>
    public static Tensor Plain(Tensor both)
    {
        using var scope = NewDisposeScope();
        Tensor[] halves = both.chunk(2, -1); // gate, up: […, inner]
        return nn.functional.silu(halves[0]).mul(halves[1]).MoveToOuterDisposeScope();
    }
}

/// <summary>The autograd node of <see cref="SwiGlu"/>: gate and up side by side in, their product out.</summary>
internal sealed class SwiGluFunction : GuardedFunction<SwiGluFunction>
{
    protected override ForwardPass Forward(object[] inputs)
    {
        var both = (Tensor)inputs[0];
        long inner = both.shape[^1] / 2;
        return new(SwiGluRows.Forward(both.reshape(-1, 2 * inner).contiguous()).view([.. both.shape[..^1], inner]));
    }

    protected override Tensor?[] Backward(object[] inputs, Tensor[] kept, Tensor gradient)
    {
        var both = (Tensor)inputs[0];
        long inner = both.shape[^1] / 2;
        return [SwiGluRows.Backward(both.reshape(-1, 2 * inner).contiguous(), gradient.reshape(-1, inner).contiguous()).view(both.shape)];
    }
}

/// <summary>
/// silu(gate) · up over rows that hold gate and up side by side, and its gradient, each in one pass without a temporary. CPU, float32. With
/// s = 1 / (1 + exp(−gate)): silu = gate · s, d silu / d gate = s · (1 + gate · (1 − s)).
/// </summary>
internal static unsafe class SwiGluRows
{
    private const long WorkOfThread = 1L << 14; // products

    /// <summary>Whether these rows are served: float32 on a CPU with vector registers.</summary>
    public static bool Serves(Tensor both) => Simd.Serves(both);

    /// <summary>[rows, inner] products.</summary>
    /// <param name="both">[rows, 2 · inner] float32, contiguous: gate, then up.</param>
    public static Tensor Forward(Tensor both)
    {
        (long rows, int inner) = (both.shape[0], (int)(both.shape[1] / 2));
        Tensor result = empty(rows, inner);
        float* input = AtenDispatcher.Floats(both), output = AtenDispatcher.Floats(result);
        ParallelRows.For(rows, Grain(inner), (begin, end) =>
        {
            for (long row = begin; row < end; row++)
                ForwardRow(input + 2 * row * inner, output + row * inner, inner);
        });
        return result;
    }

    /// <summary>[rows, 2 · inner]: the gradients of gate and up side by side.</summary>
    /// <param name="both">As in <see cref="Forward"/>.</param>
    /// <param name="gradient">[rows, inner] float32, contiguous.</param>
    public static Tensor Backward(Tensor both, Tensor gradient)
    {
        (long rows, int inner) = (gradient.shape[0], (int)gradient.shape[1]);
        Tensor result = empty_like(both);
        float* input = AtenDispatcher.Floats(both), outer = AtenDispatcher.Floats(gradient), output = AtenDispatcher.Floats(result);
        ParallelRows.For(rows, Grain(inner), (begin, end) =>
        {
            for (long row = begin; row < end; row++)
                BackwardRow(input + 2 * row * inner, outer + row * inner, output + 2 * row * inner, inner);
        });
        return result;
    }

    private static long Grain(int inner) => Math.Max(1, WorkOfThread / inner);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ForwardRow(float* both, float* result, int inner)
    {
        int i = 0;
        for (; i <= inner - Simd.Count; i += Simd.Count)
        {
            Vector512<float> gate = Vector512.Load(both + i);
            (gate * Sigmoid(gate) * Vector512.Load(both + inner + i)).Store(result + i);
        }
        if (i == inner)
            return;
        Vector512<float> last = Simd.Load(both + i, inner - i, 0);
        Simd.Store(last * Sigmoid(last) * Simd.Load(both + inner + i, inner - i, 0), result + i, inner - i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void BackwardRow(float* both, float* gradient, float* result, int inner)
    {
        int i = 0;
        for (; i <= inner - Simd.Count; i += Simd.Count)
        {
            (Vector512<float> gate, Vector512<float> up) = Gradients(Vector512.Load(both + i), Vector512.Load(both + inner + i), Vector512.Load(gradient + i));
            gate.Store(result + i);
            up.Store(result + inner + i);
        }
        if (i == inner)
            return;
        int rest = inner - i;
        (Vector512<float> lastGate, Vector512<float> lastUp) =
            Gradients(Simd.Load(both + i, rest, 0), Simd.Load(both + inner + i, rest, 0), Simd.Load(gradient + i, rest, 0));
        Simd.Store(lastGate, result + i, rest);
        Simd.Store(lastUp, result + inner + i, rest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float> Gate, Vector512<float> Up) Gradients(Vector512<float> gate, Vector512<float> up, Vector512<float> gradient)
    {
        Vector512<float> s = Sigmoid(gate), one = Vector512<float>.One;
        return (gradient * up * s * (one + gate * (one - s)), gradient * gate * s);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Sigmoid(Vector512<float> x) => Vector512<float>.One / (Vector512<float>.One + Simd.Exp(-x));
}
