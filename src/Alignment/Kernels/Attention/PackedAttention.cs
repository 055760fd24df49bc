using Alignment.Kernels.Native;
using static TorchSharp.torch;

namespace Alignment.Kernels.Attention;

/// <summary>
/// Attention within each span of a packed batch: on a GPU by libtorch's operators for sequences of different lengths, on the CPU by
/// <see cref="ShortAttention"/>, or span by span by libtorch's flash kernel for the CPU, which knows no cap.
/// <see cref="Plain"/> is the readable twin.
/// </summary>
internal static class PackedAttention
{
    /// <summary>softmax(q kᵀ / √headWidth) v for each head and span, differentiable. Query head h reads key head h / (heads / keyHeads).</summary>
    /// <param name="query">[1, heads, tokens, headWidth].</param>
    /// <param name="key">[1, keyHeads, tokens, headWidth]; keyHeads divides heads.</param>
    /// <param name="value">[1, keyHeads, tokens, headWidth].</param>
    /// <param name="masks">The spans and what their tokens see.</param>
    /// <returns>[1, heads, tokens, headWidth].</returns>
    public static Tensor Of(Tensor query, Tensor key, Tensor value, PackedMasks masks)
    {
        if (masks.Short)
            return ShortAttentionFunction.Of(query, key, value, masks);
        if (masks.Cap is not null)
            return CappedAttention.OfSpans(query, key, value, masks);
        if (masks.Layout is not null)
            return VariableLengthFunction.Of(query, key, value, masks);
        using var scope = NewDisposeScope();
        if (query.shape[1] != key.shape[1])
            (key, value) = (KeyHeads.Repeated(key, query.shape[1]), KeyHeads.Repeated(value, query.shape[1]));
        return PackedAttentionFunction.Of(query, key, value, masks).MoveToOuterDisposeScope();
    }

    /// <summary>As <see cref="Of"/>: all tokens of the batch against all others, those of other spans masked.</summary>
    public static Tensor Plain(Tensor query, Tensor key, Tensor value, IReadOnlyList<PackedSpan> spans, double? cap = null)
    {
        using var scope = NewDisposeScope();
        long tokens = query.shape[2];
        Tensor bias = full([1, 1, tokens, tokens], double.NegativeInfinity, query.dtype, query.device);
        foreach (PackedSpan span in spans)
        {
            Tensor rows = bias[0, 0].narrow(0, span.Start, span.Length);
            if (span.PromptLength > 0)
                rows.narrow(1, span.PromptStart, span.PromptLength).zero_();
            rows.narrow(1, span.Start, span.Length).triu_(1); // −∞ after a token's own place, 0 up to it
        }
        return ScaledDotProductAttention.Plain(query, key, value, new AttentionMask { Bias = bias, Cap = cap }).MoveToOuterDisposeScope();
    }
}

/// <summary>The autograd node of <see cref="PackedAttention"/>: query, key, value and masks in, the mix of values out.</summary>
internal sealed class PackedAttentionFunction : GuardedFunction<PackedAttentionFunction>
{
    protected override ForwardPass Forward(object[] inputs)
    {
        var masks = (PackedMasks)inputs[3];
        PackedAttentionOutput output = PackedAttentionRows.Forward(QueryKeyValue.First(inputs), masks);
        return new(output.Output, [output.Output, .. output.Normalisers, .. masks.Biases]);
    }

    protected override Tensor?[] Backward(object[] inputs, Tensor[] kept, Tensor gradient)
    {
        var masks = (PackedMasks)inputs[3];
        int spans = masks.Spans.Count;
        (Tensor query, Tensor key, Tensor value) = PackedAttentionRows.Backward(QueryKeyValue.First(inputs), new(kept[0], kept[1..(1 + spans)]), gradient,
            masks.With(kept.Skip(1 + spans)));
        return [query, key, value];
    }
}
