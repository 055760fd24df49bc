using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Alignment.Kernels.Native;
using static TorchSharp.torch;

namespace Alignment.Kernels.Attention;

/// <summary>
/// Attention of one token of each row over the keys of a cache, read where they lie: a library's call for each head costs more than its arithmetic. The query heads
/// that read a key head go together. CPU with AVX2 at least, float32, without a gradient; results do not depend on the number of threads.
/// <see cref="ScaledDotProductAttention.Plain"/> is the readable twin.
/// </summary>
internal static unsafe class TokenAttention
{
    private const long WorkOfThread = 1L << 15; // products

    /// <summary>Whether these are served: one token of each row, heads of whole vectors, no cap, and a bias of each row.</summary>
    public static bool Serves(Tensor query, Tensor keys, AttentionMask mask) => !is_grad_enabled() && RowDots.Serves(query) && query.shape[2] == 1
        && mask is { Cap: null, Bias: not null } && keys.stride(3) == 1;

    /// <summary>[rows, heads, 1, headWidth].</summary>
    /// <param name="query">[rows, heads, 1, headWidth].</param>
    /// <param name="keys">[rows, keyHeads, keys, headWidth]; keyHeads divides heads.</param>
    /// <param name="values">[rows, keyHeads, keys, headWidth].</param>
    /// <param name="bias">[rows, 1, 1, keys].</param>
    public static Tensor Of(Tensor query, Tensor keys, Tensor values, Tensor bias)
    {
        using var scope = NewDisposeScope();
        (long rows, int heads, int width) = (query.shape[0], (int)query.shape[1], (int)query.shape[3]);
        (int keyHeads, int seen) = ((int)keys.shape[1], (int)keys.shape[2]);
        Tensor own = query.contiguous(), result = empty(rows, heads, 1, width), biases = bias.contiguous();
        float* queries = AtenDispatcher.Floats(own), results = AtenDispatcher.Floats(result), rowBias = AtenDispatcher.Floats(biases);
        (Planes ofKeys, Planes ofValues) = (new(keys), new(values));
        ParallelRows.For(rows * keyHeads, Math.Max(1, WorkOfThread / ((long)seen * width * (heads / keyHeads))), (begin, end) =>
        {
            float* scores = (float*)NativeMemory.AlignedAlloc((nuint)((seen + width) * RowDots.Rows * sizeof(float)), 64);
            for (long item = begin; item < end; item++)
            {
                (long row, long keyHead) = Math.DivRem(item, keyHeads);
                int group = heads / keyHeads;
                var head = new KeyHead(ofKeys.At(row, keyHead), ofValues.At(row, keyHead), rowBias + row * seen, (seen, width));
                for (int first = 0; first < group; first += RowDots.Rows)
                {
                    long at = (row * heads + keyHead * group + first) * width;
                    Mix(new(queries + at, width, Math.Min(RowDots.Rows, group - first)), head, results + at, scores);
                }
            }
            NativeMemory.AlignedFree(scores);
        });
        return result.MoveToOuterDisposeScope();
    }

    // up to four queries of a key head
    private static void Mix(FourRows queries, KeyHead head, float* results, float* scores)
    {
        int width = head.Width;
        float* sums = stackalloc float[RowDots.Rows * RowDots.Rows], mixed = scores + (long)head.Seen * RowDots.Rows;
        for (int key = 0; key < head.Seen; key += RowDots.Rows)
        {
            int count = Math.Min(RowDots.Rows, head.Seen - key);
            RowDots.Of(queries, new(head.Keys.From(key).At, head.Keys.Row, count), sums, width);
            for (int query = 0; query < queries.Count; query++)
                new ReadOnlySpan<float>(sums + query * RowDots.Rows, count).CopyTo(new(scores + (long)query * head.Seen + key, count));
        }
        for (int query = 0; query < queries.Count; query++)
            Softmax(scores + (long)query * head.Seen, head, 1 / MathF.Sqrt(width));
        new Span<float>(scores + (long)queries.Count * head.Seen, (RowDots.Rows - queries.Count) * head.Seen).Clear();
        new Span<float>(mixed, RowDots.Rows * width).Clear();
        SmallProduct.Add(new(scores, head.Seen), head.Values, new(mixed, width), (width, head.Seen));
        new ReadOnlySpan<float>(mixed, queries.Count * width).CopyTo(new(results, queries.Count * width));
    }

    // scores to weights, in place
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Softmax(float* scores, KeyHead head, float scale)
    {
        float largest = float.NegativeInfinity;
        for (int key = 0; key < head.Seen; key++)
        {
            scores[key] = scores[key] * scale + head.Bias[key];
            largest = Math.Max(largest, scores[key]);
        }
        Vector512<float> sums = Vector512<float>.Zero, most = Vector512.Create(largest);
        int at = 0;
        for (; at <= head.Seen - Simd.Count; at += Simd.Count)
        {
            Vector512<float> weights = Simd.Exp(Vector512.Load(scores + at) - most);
            weights.Store(scores + at);
            sums += weights;
        }
        if (at < head.Seen)
        {
            Vector512<float> weights = Simd.Exp(Simd.Load(scores + at, head.Seen - at, float.NegativeInfinity) - most);
            Simd.Store(weights, scores + at, head.Seen - at);
            sums += weights;
        }
        float sum = Vector512.Sum(sums);
        for (int key = 0; key < head.Seen; key++)
            scores[key] /= sum;
    }

    private readonly struct KeyHead(Strided keys, Strided values, float* bias, (int Seen, int Width) size)
    {
        public Strided Keys => keys;

        public Strided Values => values;

        public float* Bias => bias;

        public int Seen => size.Seen;

        public int Width => size.Width;
    }

    // [keys, headWidth] of each row and key head
    private readonly struct Planes(Tensor tensor)
    {
        private readonly float* _at = AtenDispatcher.Floats(tensor);
        private readonly nint _row = (nint)tensor.stride(0), _head = (nint)tensor.stride(1), _key = (nint)tensor.stride(2);

        public Strided At(long row, long head) => new(_at + row * _row + head * _head, _key);
    }
}
