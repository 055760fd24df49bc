using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace Alignment.Kernels;

/// <summary>
/// log softmax at the target of each row of logits, in one pass over memory (online logsumexp; Milakov and Gimelshein 2018), and its gradient in
/// place. CPU, float32; rows are independent, so the result does not depend on the number of threads. <see cref="PlainLogProbRows"/> is the readable twin.
/// </summary>
internal static unsafe class LogProbRows
{
    private const long WorkOfThread = 1L << 16; // logits
    private const int Block = 2048; // 8 KiB: read from memory once, a second time from the nearest cache

    /// <summary>Whether these logits are served: contiguous float32 on a CPU with vector registers.</summary>
    public static bool Serves(Tensor logits) =>
        Lanes.Serve(logits) && logits.is_contiguous();

    /// <summary>Fills log-probabilities and log-normalisers.</summary>
    /// <param name="logits">[rows, vocabulary] float32, contiguous.</param>
    /// <param name="targets">[rows] int64, contiguous; a negative one scores nothing: its log-probability is 0.</param>
    /// <param name="logProbs">[rows] float32, contiguous; written.</param>
    /// <param name="normalisers">[rows] float32, contiguous; written.</param>
    public static void Forward(Tensor logits, Tensor targets, Tensor logProbs, Tensor normalisers)
    {
        (long rows, int vocabulary) = (logits.shape[0], (int)logits.shape[1]);
        float* x = AtenDispatcher.Floats(logits), logProb = AtenDispatcher.Floats(logProbs), normaliser = AtenDispatcher.Floats(normalisers);
        long* target = AtenDispatcher.Longs(targets);
        ParallelRows.For(rows, Grain(vocabulary), (begin, end) =>
        {
            for (long row = begin; row < end; row++)
            {
                float* own = x + row * vocabulary;
                normaliser[row] = LogSumExp(own, vocabulary);
                logProb[row] = target[row] < 0 ? 0 : own[target[row]] - normaliser[row];
            }
        });
    }

    /// <summary>Turns logits into (onehot(target) − softmax) · gradient in place.</summary>
    /// <param name="logits">[rows, vocabulary] float32, contiguous; overwritten. Its version counter does not move: nobody else may read it.</param>
    /// <param name="targets">As in <see cref="Forward"/>; the gradient of a row that scores nothing is 0.</param>
    /// <param name="normalisers">What <see cref="Forward"/> wrote.</param>
    /// <param name="gradient">[rows] float32, contiguous.</param>
    public static void Backward(Tensor logits, Tensor targets, Tensor normalisers, Tensor gradient)
    {
        (long rows, int vocabulary) = (logits.shape[0], (int)logits.shape[1]);
        float* x = AtenDispatcher.Floats(logits), normaliser = AtenDispatcher.Floats(normalisers), outer = AtenDispatcher.Floats(gradient);
        long* target = AtenDispatcher.Longs(targets);
        ParallelRows.For(rows, Grain(vocabulary), (begin, end) =>
        {
            for (long row = begin; row < end; row++)
            {
                float* own = x + row * vocabulary;
                if (target[row] < 0)
                {
                    new Span<float>(own, vocabulary).Clear();
                    continue;
                }
                MinusSoftmax(own, vocabulary, normaliser[row], outer[row]);
                own[target[row]] += outer[row];
            }
        });
    }

    private static long Grain(int vocabulary) => Math.Max(1, WorkOfThread / vocabulary);

    // each block is reduced to its maximum and its sum relative to the largest logit so far, then added to the running sum
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float LogSumExp(float* x, int count)
    {
        float max = float.NegativeInfinity;
        double sum = 0;
        for (int start = 0; start < count; start += Block)
        {
            int length = Math.Min(Block, count - start);
            float above = Math.Max(max, Largest(x + start, length)); // NaN stays NaN
            if (float.IsNegativeInfinity(above))
                continue; // nothing but impossible tokens so far
            sum = sum * Math.Exp(max - above) + SumOfExp(x + start, length, above);
            max = above;
        }
        return max + (float)Math.Log(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Largest(float* x, int count)
    {
        Vector512<float> first = Vector512.Create(float.NegativeInfinity), second = first;
        int i = 0;
        for (; i <= count - 2 * Lanes.Count; i += 2 * Lanes.Count)
        {
            first = Vector512.Max(first, Vector512.Load(x + i));
            second = Vector512.Max(second, Vector512.Load(x + i + Lanes.Count));
        }
        float max = Lanes.Largest(Vector512.Max(first, second));
        for (; i < count; i++)
            max = Math.Max(max, x[i]);
        return max;
    }

    // fetches the next block while this one, in the nearest cache already, is summed
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float SumOfExp(float* x, int count, float max)
    {
        Vector512<float> shift = Vector512.Create(max), first = Vector512<float>.Zero, second = first;
        int i = 0;
        for (; i <= count - 2 * Lanes.Count; i += 2 * Lanes.Count)
        {
            Lanes.Prefetch(x + Block + i);
            first += Lanes.Exp(Vector512.Load(x + i) - shift);
            second += Lanes.Exp(Vector512.Load(x + i + Lanes.Count) - shift);
        }
        for (; i < count; i += Lanes.Count)
            first += Lanes.Exp(Lanes.Load(x + i, count - i, float.NegativeInfinity) - shift);
        return Vector512.Sum(first + second);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MinusSoftmax(float* x, int count, float normaliser, float factor)
    {
        Vector512<float> shift = Vector512.Create(normaliser), scale = Vector512.Create(-factor);
        int i = 0;
        for (; i <= count - Lanes.Count; i += Lanes.Count)
            (Lanes.Exp(Vector512.Load(x + i) - shift) * scale).Store(x + i);
        if (i < count)
            Lanes.Store(Lanes.Exp(Lanes.Load(x + i, count - i, 0) - shift) * scale, x + i, count - i);
    }
}
