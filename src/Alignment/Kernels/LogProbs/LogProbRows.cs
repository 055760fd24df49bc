using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Alignment.Kernels.Native;
using static TorchSharp.torch;

namespace Alignment.Kernels.LogProbs;

/// <summary>
/// The log-normaliser and the target's logit of each row of logits, in one pass over memory (online logsumexp; Milakov and Gimelshein 2018), and the
/// gradient of the logits in place; rows may come in tiles. CPU, float32; rows are independent, so the result does not depend on the number of
/// threads. <see cref="PlainLogProbRows"/> is the readable twin.
/// </summary>
internal static unsafe class LogProbRows
{
    private const long WorkOfThread = 1L << 16; // logits
    private const int Block = 2048; // logits between two looks at the largest one
    private const int Ahead = 1024; // logits, 4 KiB: fetched from memory while these are summed
    private const float Headroom = 60; // 2048 · exp(60) is far from overflow in float32

    public static LogitPasses Passes { get; } = new(Add, Backward);

    /// <summary>Whether these logits are served: contiguous float32 on a CPU with vector registers.</summary>
    public static bool Serves(Tensor logits) => Simd.Serves(logits) && logits.is_contiguous();

    /// <summary>Adds a tile of the vocabulary to the sums of its rows.</summary>
    /// <param name="logits">[rows, columns] float32, contiguous.</param>
    /// <param name="targets">[rows] int64, contiguous: token ids, in this tile or in another.</param>
    /// <param name="column">Token id of the tile's first column.</param>
    /// <param name="sums">Written; contiguous, the target logits float32.</param>
    public static void Add(Tensor logits, Tensor targets, long column, TokenSums sums)
    {
        (long rows, int columns) = (logits.shape[0], (int)logits.shape[1]);
        float* x = AtenDispatcher.Floats(logits), targetLogit = AtenDispatcher.Floats(sums.TargetLogits);
        double* normaliser = AtenDispatcher.Doubles(sums.Normalisers);
        long* target = AtenDispatcher.Longs(targets);
        ParallelRows.For(rows, Grain(columns), (begin, end) =>
        {
            for (long row = begin; row < end; row++)
            {
                float* own = x + row * columns;
                normaliser[row] = LogOfSum(normaliser[row], LogSumExp(own, columns));
                if ((ulong)(target[row] - column) < (ulong)columns)
                    targetLogit[row] = own[target[row] - column];
            }
        });
    }

    /// <summary>Turns a tile of logits into (onehot(target) − softmax) · gradient in place.</summary>
    /// <param name="logits">[rows, columns] float32, contiguous; overwritten. Its version counter does not move: nobody else may read it.</param>
    /// <param name="targets">As in <see cref="Add"/>.</param>
    /// <param name="column">As in <see cref="Add"/>.</param>
    /// <param name="slopes">Contiguous, the gradient float32.</param>
    public static void Backward(Tensor logits, Tensor targets, long column, TokenSlopes slopes)
    {
        (long rows, int columns) = (logits.shape[0], (int)logits.shape[1]);
        float* x = AtenDispatcher.Floats(logits), outer = AtenDispatcher.Floats(slopes.Gradient);
        double* normaliser = AtenDispatcher.Doubles(slopes.Normalisers);
        long* target = AtenDispatcher.Longs(targets);
        ParallelRows.For(rows, Grain(columns), (begin, end) =>
        {
            for (long row = begin; row < end; row++)
            {
                float* own = x + row * columns;
                MinusSoftmax(own, columns, (float)normaliser[row], outer[row]);
                if ((ulong)(target[row] - column) < (ulong)columns)
                    own[target[row] - column] += outer[row];
            }
        });
    }

    private static long Grain(int columns) => Math.Max(1, WorkOfThread / columns);

    // log(eᵃ + eᵇ)
    private static double LogOfSum(double a, double b) =>
        double.IsNegativeInfinity(a) ? b : Math.Max(a, b) + Math.Log(1 + Math.Exp(-Math.Abs(a - b)));

    // the sum is relative to the largest logit of the first block, until a block has one that is so much larger that its sum could overflow
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double LogSumExp(float* x, int count)
    {
        float shift = float.NegativeInfinity;
        double sum = 0;
        for (int start = 0; start < count; start += Block)
        {
            int length = Math.Min(Block, count - start);
            if (float.IsNegativeInfinity(shift))
                shift = Largest(x + start, length);
            if (float.IsNegativeInfinity(shift))
                continue; // nothing but impossible tokens so far
            (float own, float largest) = SumAndLargest(x + start, length, shift);
            if (largest - shift > Headroom)
            {
                sum *= Math.Exp(shift - largest);
                shift = largest;
                (own, _) = SumAndLargest(x + start, length, shift);
            }
            sum += own;
        }
        return shift + Math.Log(sum);
    }

    // NaN stays NaN
    private static float Largest(float* x, int count)
    {
        Vector512<float> max = Vector512.Create(float.NegativeInfinity);
        int i = 0;
        for (; i <= count - Simd.Count; i += Simd.Count)
            max = Vector512.Max(max, Vector512.Load(x + i));
        return i < count ? Simd.Largest(Vector512.Max(max, Simd.Load(x + i, count - i, float.NegativeInfinity))) : Simd.Largest(max);
    }

    // Σ exp(x − shift), and the largest x, which may miss NaN: the sum does not
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (float Sum, float Largest) SumAndLargest(float* x, int count, float shift)
    {
        Vector512<float> by = Vector512.Create(shift), first = Vector512<float>.Zero, second = first;
        Vector512<float> firstMax = Vector512.Create(float.NegativeInfinity), secondMax = firstMax;
        int i = 0;
        for (; i <= count - 2 * Simd.Count; i += 2 * Simd.Count)
        {
            Simd.Prefetch(x + i + Ahead);
            Vector512<float> a = Vector512.Load(x + i), b = Vector512.Load(x + i + Simd.Count);
            (firstMax, secondMax) = (Vector512.MaxNative(firstMax, a), Vector512.MaxNative(secondMax, b));
            first += Simd.ExpForSum(a - by);
            second += Simd.ExpForSum(b - by);
        }
        (Vector512<float> sum, Vector512<float> max) = (first + second, Vector512.MaxNative(firstMax, secondMax));
        for (; i < count; i += Simd.Count)
        {
            Vector512<float> rest = Simd.Load(x + i, count - i, float.NegativeInfinity);
            max = Vector512.MaxNative(max, rest);
            sum += Simd.ExpForSum(rest - by);
        }
        return (Vector512.Sum(sum), Simd.Largest(max));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MinusSoftmax(float* x, int count, float normaliser, float factor)
    {
        Vector512<float> shift = Vector512.Create(normaliser), scale = Vector512.Create(-factor);
        int i = 0;
        for (; i <= count - 2 * Simd.Count; i += 2 * Simd.Count)
        {
            Simd.Prefetch(x + i + Ahead);
            (Simd.Exp(Vector512.Load(x + i) - shift) * scale).Store(x + i);
            (Simd.Exp(Vector512.Load(x + i + Simd.Count) - shift) * scale).Store(x + i + Simd.Count);
        }
        for (; i < count; i += Simd.Count)
            Simd.Store(Simd.Exp(Simd.Load(x + i, count - i, 0) - shift) * scale, x + i, Math.Min(Simd.Count, count - i));
    }
}
