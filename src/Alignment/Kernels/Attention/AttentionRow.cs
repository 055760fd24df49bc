using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Alignment.Kernels.Native;

namespace Alignment.Kernels.Attention;

/// <summary>The keys that a query sees, in a row of scores.</summary>
/// <param name="First">The first.</param>
/// <param name="Last">The last: its own.</param>
/// <param name="Columns">Scores that are read and written, whole vectors; at least Last + 1.</param>
internal readonly record struct SeenKeys(int First, int Last, int Columns);

/// <summary>What <see cref="ShortAttentionScratch"/> does with single rows.</summary>
internal static unsafe class AttentionRow
{
    /// <summary>to = scale · from.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Copy(float* from, float* to, int count, float scale)
    {
        int i = 0;
        for (; i <= count - Simd.Count; i += Simd.Count)
            (Vector512.Load(from + i) * scale).Store(to + i);
        for (; i < count; i++)
            to[i] = from[i] * scale;
    }

    /// <summary>score → cap · tanh(score / cap), in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Cap(float* scores, int columns, float cap)
    {
        for (int key = 0; key < columns; key += Simd.Count)
            (Simd.Tanh(Vector512.Load(scores + key) / cap) * cap).Store(scores + key);
    }

    /// <summary>Scores to weights in place: those of unseen keys become 0.</summary>
    /// <returns>The log-normaliser.</returns>
    public static float Softmax(float* scores, SeenKeys seen)
    {
        float largest = Largest(scores, seen), sum = Exponentials(scores, seen, largest);
        Copy(scores, scores, seen.Columns, 1 / sum);
        return largest + MathF.Log(sum);
    }

    // methods of their own: where a vector is a pair of registers, the compiler gives up on one that does all
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Largest(float* scores, SeenKeys seen)
    {
        Vector512<float> max = Vector512.Create(float.NegativeInfinity);
        for (int key = 0; key < seen.Columns; key += Simd.Count)
            max = Vector512.MaxNative(max, All(key, seen) ? Vector512.Load(scores + key)
                : Vector512.ConditionalSelect(Visible(key, seen), Vector512.Load(scores + key), Vector512.Create(float.NegativeInfinity)));
        return Simd.Largest(max);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Exponentials(float* scores, SeenKeys seen, float largest)
    {
        Vector512<float> sums = Vector512<float>.Zero;
        for (int key = 0; key < seen.Columns; key += Simd.Count)
        {
            Vector512<float> weight = Simd.Exp(Vector512.Load(scores + key) - Vector512.Create(largest)); // not a number where the score is, whatever the largest
            if (!All(key, seen))
                weight &= Visible(key, seen);
            weight.Store(scores + key);
            sums += weight;
        }
        return Vector512.Sum(sums);
    }

    /// <summary>Scores to weights, and the gradients of weights to those of scores, in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(float* weights, float* slopes, SeenKeys seen, (float Normaliser, float Product) sums)
    {
        for (int key = 0; key < seen.Columns; key += Simd.Count)
        {
            Vector512<float> weight = Simd.Exp(Vector512.Load(weights + key) - Vector512.Create(sums.Normaliser));
            if (!All(key, seen))
                weight &= Visible(key, seen);
            weight.Store(weights + key);
            (weight * (Vector512.Load(slopes + key) - Vector512.Create(sums.Product))).Store(slopes + key);
        }
    }

    /// <summary>As <see cref="Backward"/> of scores that <see cref="Cap"/> has not seen yet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void BackwardCapped(float* weights, float* slopes, SeenKeys seen, (float Normaliser, float Product, float Cap) sums)
    {
        for (int key = 0; key < seen.Columns; key += Simd.Count)
        {
            Vector512<float> tanh = Simd.Tanh(Vector512.Load(weights + key) / sums.Cap);
            Vector512<float> weight = Simd.Exp(tanh * sums.Cap - Vector512.Create(sums.Normaliser)) & Visible(key, seen);
            weight.Store(weights + key);
            (weight * (Vector512.Load(slopes + key) - Vector512.Create(sums.Product)) * (Vector512<float>.One - tanh * tanh)).Store(slopes + key);
        }
    }

    // whether every lane's key is seen, as in most vectors
    private static bool All(int key, SeenKeys seen) => key >= seen.First && key + Simd.Count <= seen.Last + 1;

    // all bits of the lanes whose keys are seen
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Visible(int key, SeenKeys seen)
    {
        Vector512<int> keys = Vector512.Create(key) + Vector512<int>.Indices;
        return (Vector512.GreaterThanOrEqual(keys, Vector512.Create(seen.First)) & Vector512.LessThanOrEqual(keys, Vector512.Create(seen.Last))).AsSingle();
    }
}
