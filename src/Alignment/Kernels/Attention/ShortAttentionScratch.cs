using System.Runtime.InteropServices;
using Alignment.Kernels.Native;

namespace Alignment.Kernels.Attention;

/// <summary>What the backward pass of a query head reads: [tokens, headWidth] each, and [tokens] log-normalisers.</summary>
internal readonly record struct HeadRows(Strided Query, Strided Mixed, Strided Gradient, Strided Normaliser);

/// <summary>
/// A thread's memory for one span after the other, and the passes over it. Queries, keys, values and scores lie there densely, padded by zeros to whole
/// vectors and to whole groups of rows, so that no product has a rest. With s = q kᵀ / √headWidth, p = exp(s − normaliser) where a key is seen and 0
/// where not, o = p v: dv = pᵀ do, ds = p ∘ (do vᵀ − Σ do ∘ o), dq = ds k / √headWidth, dk = dsᵀ q / √headWidth (Dao et al. 2022, arXiv 2205.14135).
/// Under a cap s = cap · tanh(q kᵀ / √headWidth / cap), and ds has the factor 1 − (s / cap)².
/// </summary>
internal sealed unsafe class ShortAttentionScratch : IDisposable
{
    private readonly int _width, _wide, _most; // of a head; padded; padded keys
    private readonly long _window;
    private readonly float _scale, _cap; // no cap is 0
    private readonly float* _memory;
    private readonly float* _keys, _keyColumns, _values, _valueColumns, _keyGradient, _valueGradient; // [keys, wide] and [wide, keys]
    private readonly float* _query, _outer, _result; // [queries, wide]
    private readonly float* _weights, _slopes; // [queries, keys]

    /// <param name="keys">The most a token sees.</param>
    /// <param name="headWidth">Of a head.</param>
    /// <param name="scores">Keys a token sees, itself included, null for all; the cap of scores, null for none.</param>
    public ShortAttentionScratch(int keys, int headWidth, (long? Window, double? Cap) scores)
    {
        (_width, _wide, _most) = (headWidth, Padded(headWidth), Padded(keys));
        (_window, _scale, _cap) = (scores.Window ?? long.MaxValue / 2, (float)(1 / Math.Sqrt(headWidth)), (float)(scores.Cap ?? 0));
        nuint rows = (nuint)(_most * _wide), square = (nuint)(_most * _most);
        _memory = (float*)NativeMemory.AlignedAlloc((9 * rows + 2 * square) * sizeof(float), 64);
        float* next = _memory;
        _keys = Next(rows);
        _keyColumns = Next(rows);
        _values = Next(rows);
        _valueColumns = Next(rows);
        _keyGradient = Next(rows);
        _valueGradient = Next(rows);
        _query = Next(rows);
        _outer = Next(rows);
        _result = Next(rows);
        _weights = Next(square);
        _slopes = Next(square);

        float* Next(nuint count)
        {
            float* own = next;
            next += count;
            return own;
        }
    }

    public void Dispose() => NativeMemory.AlignedFree(_memory);

    /// <summary>Reads the keys and values that a span sees.</summary>
    public void Take(Strided keys, Strided values, PackedSpan span)
    {
        TakeSeen(keys, span, _keys);
        Transpose(_keys, span, _keyColumns);
        TakeSeen(values, span, _values);
    }

    /// <summary>What the backward pass needs beside <see cref="Take"/>: values by column, and gradients of keys and values that begin at 0.</summary>
    public void BeginBackward(PackedSpan span)
    {
        Transpose(_values, span, _valueColumns);
        Clear(_keyGradient, 2 * _most * _wide);
    }

    /// <summary>The mix of values of a query head, and its log-normalisers.</summary>
    public void Forward(Strided query, Strided mixed, Strided normaliser, PackedSpan span)
    {
        (int prompt, int keys) = ((int)span.PromptLength, (int)span.Keys);
        TakeRows(query, span, _query, _scale);
        Clear(_result, Queries(span) * _wide);
        for (int first = 0; first < span.Length; first += SmallProduct.Rows)
        {
            int seen = Padded(Math.Min(keys, prompt + first + SmallProduct.Rows));
            Clear(_weights, SmallProduct.Rows * _most); // the same few rows for all queries: they stay in the nearest cache
            SmallProduct.Add(Wide(_query).From(first), Square(_keyColumns), Square(_weights), (seen, _wide));
            for (int row = first; row < Math.Min(span.Length, first + SmallProduct.Rows); row++)
            {
                float* scores = _weights + (row - first) * _most;
                if (_cap > 0)
                    AttentionRow.Cap(scores, seen, _cap);
                normaliser.At[span.Start + row] = AttentionRow.Softmax(scores, Seen(prompt + row, seen));
            }
            SmallProduct.Add(Square(_weights), Wide(_values), Wide(_result).From(first), (_wide, seen));
        }
        PutRows(_result, mixed, span, 1);
    }

    /// <summary>Adds to the gradients of keys and values, and gives that of a query head.</summary>
    public void Backward(HeadRows head, Strided queryGradient, PackedSpan span)
    {
        (int prompt, int keys, int queries) = ((int)span.PromptLength, (int)span.Keys, Queries(span));
        TakeRows(head.Query, span, _query, _scale);
        TakeRows(head.Gradient, span, _outer, 1);
        Clear(_weights, queries * _most);
        Clear(_slopes, queries * _most);
        Clear(_result, queries * _wide);
        for (int first = 0; first < queries; first += SmallProduct.Rows)
        {
            int seen = Padded(Math.Min(keys, prompt + first + SmallProduct.Rows));
            SmallProduct.Add(Wide(_query).From(first), Square(_keyColumns), Square(_weights).From(first), (seen, _wide));
            SmallProduct.Add(Wide(_outer).From(first), Square(_valueColumns), Square(_slopes).From(first), (seen, _wide));
            for (int row = first; row < Math.Min(span.Length, first + SmallProduct.Rows); row++) // the rows of padding are 0 already
            {
                (float Normaliser, float Product) sums = (head.Normaliser.At[span.Start + row], Simd.Dot(head.Mixed.From((nint)span.Start + row).At, _outer + row * _wide, _width));
                if (_cap > 0)
                    AttentionRow.BackwardCapped(_weights + row * _most, _slopes + row * _most, Seen(prompt + row, seen), (sums.Normaliser, sums.Product, _cap));
                else
                    AttentionRow.Backward(_weights + row * _most, _slopes + row * _most, Seen(prompt + row, seen), sums);
            }
            SmallProduct.Add(Square(_slopes).From(first), Wide(_keys), Wide(_result).From(first), (_wide, seen));
        }
        for (int key = 0; key < keys; key += SmallProduct.Rows)
        {
            int first = Math.Max(0, key - prompt); // no query before it sees the key
            (int Columns, int Inner) size = (_wide, queries - first);
            SmallProduct.Add(Square(_weights).From(first, key).Transposed, Wide(_outer).From(first), Wide(_valueGradient).From(key), size);
            SmallProduct.Add(Square(_slopes).From(first, key).Transposed, Wide(_query).From(first), Wide(_keyGradient).From(key), size);
        }
        PutRows(_result, queryGradient, span, _scale);
    }

    /// <summary>Writes the gradients of a span's own keys and values, and adds those of its prompt to what is there.</summary>
    public void PutGradients(Strided keyGradient, Strided valueGradient, PackedSpan span)
    {
        Put(_keyGradient, keyGradient, span);
        Put(_valueGradient, valueGradient, span);
    }

    private static int Padded(int count) => (count + Simd.Count - 1) / Simd.Count * Simd.Count;

    private static int Queries(PackedSpan span) => (int)(span.Length + SmallProduct.Rows - 1) / SmallProduct.Rows * SmallProduct.Rows;

    private Strided Wide(float* rows) => new(rows, _wide);

    private Strided Square(float* rows) => new(rows, _most);

    private SeenKeys Seen(int position, int columns) => new((int)Math.Max(0, position - _window + 1), position, columns);

    private static void Clear(float* at, int count) => NativeMemory.Clear(at, (nuint)count * sizeof(float));

    private void TakeSeen(Strided from, PackedSpan span, float* rows)
    {
        Clear(rows, Padded((int)span.Keys) * _wide);
        for (int key = 0; key < span.Keys; key++)
            AttentionRow.Copy(from.From(Token(span, key)).At, rows + key * _wide, _width, 1);
    }

    private void Transpose(float* rows, PackedSpan span, float* columns)
    {
        for (int key = 0; key < Padded((int)span.Keys); key += Simd.Count)
            Simd.Transpose(new(rows + key * _wide, _wide), new(columns + key, _most), _wide);
    }

    private static nint Token(PackedSpan span, int key) => (nint)(key < span.PromptLength ? span.PromptStart + key : span.Start + key - span.PromptLength);

    private void TakeRows(Strided from, PackedSpan span, float* rows, float scale)
    {
        Clear(rows, Queries(span) * _wide);
        for (int row = 0; row < span.Length; row++)
            AttentionRow.Copy(from.From((nint)span.Start + row).At, rows + row * _wide, _width, scale);
    }

    private void PutRows(float* rows, Strided to, PackedSpan span, float scale)
    {
        for (int row = 0; row < span.Length; row++)
            AttentionRow.Copy(rows + row * _wide, to.From((nint)span.Start + row).At, _width, scale);
    }

    private void Put(float* gradient, Strided to, PackedSpan span)
    {
        for (int key = 0; key < span.Keys; key++)
        {
            float* own = gradient + key * _wide, target = to.From(Token(span, key)).At;
            if (key >= span.PromptLength)
                AttentionRow.Copy(own, target, _width, 1);
            else
                for (int i = 0; i < _width; i++)
                    target[i] += own[i];
        }
    }
}
