using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Alignment.Kernels.Native;
using static Alignment.Kernels.Native.AtenDispatcher;
using static TorchSharp.torch;

namespace Alignment.Kernels.Layers;

/// <summary>weight · x / √(mean(x²) + epsilon) over the last axis (Zhang and Sennrich 2019). <see cref="Plain"/> is the readable twin.</summary>
internal static class RmsNorm
{
    /// <summary>The norm, differentiable; computed in float32 for narrower types.</summary>
    /// <param name="x">[…, width].</param>
    /// <param name="weight">[width].</param>
    /// <param name="epsilon">Added to the mean square; &gt; 0.</param>
    /// <exception cref="InvalidOperationException">The weight does not fit.</exception>
    public static Tensor Of(Tensor x, Tensor weight, double epsilon) => RmsNormRows.Serves(x, weight) ? RmsNormFunction.Of(x, weight, epsilon)
        : Tensor("aten::rms_norm", Argument(x), Argument([weight.shape[0]]), Optional(Argument(weight)), Optional(Argument(epsilon)));

    /// <summary>As <see cref="Of"/>, in libtorch's single operators.</summary>
    public static Tensor Plain(Tensor x, Tensor weight, double epsilon)
    {
        using var scope = NewDisposeScope();
        Tensor wide = x.dtype == ScalarType.Float64 ? x : x.to(ScalarType.Float32);
        Tensor normal = wide * (wide.pow(2).mean([-1], keepdim: true) + epsilon).rsqrt();
        return (normal.to(x.dtype) * weight).MoveToOuterDisposeScope();
    }
}

/// <summary>The autograd node of <see cref="RmsNorm"/>: x, weight and epsilon in, the norm out.</summary>
internal sealed class RmsNormFunction : GuardedFunction<RmsNormFunction>
{
    protected override ForwardPass Forward(object[] inputs)
    {
        (Tensor x, Tensor weight) = ((Tensor)inputs[0], (Tensor)inputs[1]);
        return new(RmsNormRows.Forward(Rows(x, weight), weight.contiguous(), (double)inputs[2]).view(x.shape));
    }

    protected override Tensor?[] Backward(object[] inputs, Tensor[] kept, Tensor gradient)
    {
        (Tensor x, Tensor weight) = ((Tensor)inputs[0], (Tensor)inputs[1]);
        (Tensor rows, Tensor own) = RmsNormRows.Backward(Rows(x, weight), weight.contiguous(), Rows(gradient, weight), (double)inputs[2]);
        return [rows.view(x.shape), own];
    }

    // [rows, width]
    private static Tensor Rows(Tensor x, Tensor weight) => x.reshape(-1, weight.size(0)).contiguous();
}

/// <summary>
/// weight · x · r with r = 1 / √(mean(x²) + epsilon), and its gradient, in one pass each: libtorch composes them of seven and some twenty operators.
/// CPU, float32. For a row with gradient g: dx = r · (g · weight − x · r² · Σ(g · weight · x) / width), dweight = Σ over rows of g · x · r.
/// </summary>
internal static unsafe class RmsNormRows
{
    private const long WorkOfThread = 1L << 14; // numbers
    private const int Part = 64; // rows whose weight gradient is summed in order; fixed, so that threads do not change the result

    /// <summary>Whether these rows are served: float32 on a CPU with vector registers, and a weight that fits.</summary>
    public static bool Serves(Tensor x, Tensor weight) => Simd.Serves(x) && weight.dtype == ScalarType.Float32 && x.size(-1) == weight.size(0);

    /// <summary>[rows, width]: the norms.</summary>
    /// <param name="x">[rows, width] float32, contiguous.</param>
    /// <param name="weight">[width] float32, contiguous.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    public static Tensor Forward(Tensor x, Tensor weight, double epsilon)
    {
        (long rows, int width) = (x.size(0), (int)x.size(1));
        Tensor result = empty(rows, width);
        float* input = AtenDispatcher.Floats(x), scale = AtenDispatcher.Floats(weight), output = AtenDispatcher.Floats(result);
        ParallelRows.For(rows, Math.Max(1, WorkOfThread / width), (begin, end) =>
        {
            for (long row = begin; row < end; row++)
                ForwardRow(input + row * width, scale, output + row * width, width, epsilon);
        });
        return result;
    }

    /// <summary>Gradients of rows and weight.</summary>
    /// <param name="x">[rows, width] float32, contiguous, as are the others.</param>
    /// <param name="weight">[width].</param>
    /// <param name="gradient">[rows, width].</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <returns>[rows, width] and [width].</returns>
    public static (Tensor Rows, Tensor Weight) Backward(Tensor x, Tensor weight, Tensor gradient, double epsilon)
    {
        using var scope = NewDisposeScope();
        (long rows, int width) = (x.size(0), (int)x.size(1));
        long parts = (rows + Part - 1) / Part;
        Tensor rowGradient = empty_like(x), sums = zeros(parts, width);
        float* input = AtenDispatcher.Floats(x), scale = AtenDispatcher.Floats(weight), outer = AtenDispatcher.Floats(gradient);
        float* result = AtenDispatcher.Floats(rowGradient), partSums = AtenDispatcher.Floats(sums);
        ParallelRows.For(parts, 1, (begin, end) =>
        {
            for (long row = begin * Part; row < Math.Min(rows, end * Part); row++)
                Row(new(input + row * width, scale, outer + row * width, result + row * width, partSums + row / Part * width), width, epsilon);
        });
        return (rowGradient.MoveToOuterDisposeScope(), sums.sum([0]).MoveToOuterDisposeScope());
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ForwardRow(float* x, float* weight, float* result, int width, double epsilon)
    {
        float r = (float)(1 / Math.Sqrt(Simd.Dot(x, x, width) / width + epsilon));
        int i = 0;
        for (; i <= width - Simd.Count; i += Simd.Count)
            (Vector512.Load(x + i) * r * Vector512.Load(weight + i)).Store(result + i);
        for (; i < width; i++)
            result[i] = x[i] * r * weight[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row(Pointers at, int width, double epsilon)
    {
        Vector512<float> squares = Vector512<float>.Zero, products = squares;
        int i = 0;
        for (; i <= width - Simd.Count; i += Simd.Count)
        {
            Vector512<float> x = Vector512.Load(at.X + i);
            squares += x * x;
            products += x * Vector512.Load(at.Gradient + i) * Vector512.Load(at.Weight + i);
        }
        (float square, float product) = (Vector512.Sum(squares), Vector512.Sum(products));
        for (; i < width; i++)
        {
            square += at.X[i] * at.X[i];
            product += at.X[i] * at.Gradient[i] * at.Weight[i];
        }
        float r = (float)(1 / Math.Sqrt(square / width + epsilon)), back = r * r * r * product / width;
        for (i = 0; i <= width - Simd.Count; i += Simd.Count)
        {
            Vector512<float> x = Vector512.Load(at.X + i), g = Vector512.Load(at.Gradient + i);
            (g * Vector512.Load(at.Weight + i) * r - x * back).Store(at.Result + i);
            (Vector512.Load(at.WeightSum + i) + g * x * r).Store(at.WeightSum + i);
        }
        for (; i < width; i++)
        {
            at.Result[i] = at.Gradient[i] * at.Weight[i] * r - at.X[i] * back;
            at.WeightSum[i] += at.Gradient[i] * at.X[i] * r;
        }
    }

    private readonly struct Pointers(float* x, float* weight, float* gradient, float* result, float* weightSum)
    {
        public float* X => x;

        public float* Weight => weight;

        public float* Gradient => gradient;

        public float* Result => result;

        public float* WeightSum => weightSum;
    }
}
