using Alignment.Kernels.Attention;
using static TorchSharp.torch;

namespace Alignment.Kernels.Native;

/// <summary>The readable twins of <see cref="Aten"/>, in TorchSharp's own operators.</summary>
public static class PlainAten
{
    /// <summary>As <see cref="Aten.RmsNorm"/>.</summary>
    public static Tensor RmsNorm(Tensor x, Tensor weight, double epsilon)
    {
        using var scope = NewDisposeScope();
        Tensor wide = x.dtype == ScalarType.Float64 ? x : x.to(ScalarType.Float32);
        Tensor normal = wide * (wide.pow(2).mean([-1], keepdim: true) + epsilon).rsqrt();
        return (normal.to(x.dtype) * weight).MoveToOuterDisposeScope();
    }

    /// <summary>As <see cref="Aten.ScaledDotProductAttention"/>.</summary>
    public static Tensor ScaledDotProductAttention(Tensor query, Tensor key, Tensor value, AttentionMask mask)
    {
        using var scope = NewDisposeScope();
        (long rows, long heads, long length, long width) = (query.shape[0], query.shape[1], query.shape[2], query.shape[3]);
        long keys = key.shape[2];
        Tensor k = RepeatHeads(key, heads).reshape(rows * heads, keys, width);
        Tensor v = RepeatHeads(value, heads).reshape(rows * heads, keys, width);
        Tensor scores = bmm(query.reshape(rows * heads, length, width), k.transpose(1, 2)) * (mask.Scale ?? 1 / Math.Sqrt(width));
        scores = scores.view(rows, heads, length, keys);
        if (mask.Bias is not null)
            scores = scores + mask.Bias;
        if (mask.Causal)
            scores = scores.masked_fill(ones(length, keys, ScalarType.Bool, query.device).triu(1), double.NegativeInfinity);
        Tensor weights = nn.functional.softmax(scores, -1).view(rows * heads, length, keys);
        return bmm(weights, v).view(rows, heads, length, width).MoveToOuterDisposeScope();
    }

    /// <summary>As <see cref="PackedAttention.Of"/>: all tokens of the batch against all others, those of other spans masked.</summary>
    public static Tensor PackedAttention(Tensor query, Tensor key, Tensor value, IReadOnlyList<PackedSpan> spans)
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
        return ScaledDotProductAttention(query, key, value, new AttentionMask { Bias = bias }).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Every key head, repeated for the query heads that read it: [rows, keyHeads, keys, headWidth] → [rows, heads, keys, headWidth].
    /// </summary>
    internal static Tensor RepeatHeads(Tensor keys, long heads)
    {
        using var scope = NewDisposeScope();
        (long rows, long keyHeads, long length, long width) = (keys.shape[0], keys.shape[1], keys.shape[2], keys.shape[3]);
        Tensor repeated = keys.unsqueeze(2).expand(rows, keyHeads, heads / keyHeads, length, width); // a view
        return repeated.reshape(rows, heads, length, width).MoveToOuterDisposeScope();
    }
}
