using static Alignment.Kernels.Native.AtenDispatcher;
using static TorchSharp.torch;

namespace Alignment.Kernels.Attention;

/// <summary>Attention of padded sequences and of cached keys, by libtorch's fused operator, or <see cref="CappedAttention"/> under a cap. <see cref="Plain"/> is the readable twin.</summary>
internal static class ScaledDotProductAttention
{
    /// <summary>
    /// softmax(q kᵀ / √headWidth + mask) v for each head (Vaswani et al. 2017, eq. 1), differentiable. Query head h reads key head h / (heads / keyHeads).
    /// </summary>
    /// <param name="query">[rows, heads, length, headWidth].</param>
    /// <param name="key">[rows, keyHeads, keys, headWidth]; keyHeads divides heads.</param>
    /// <param name="value">[rows, keyHeads, keys, headWidth].</param>
    /// <param name="mask">What each query sees.</param>
    /// <returns>[rows, heads, length, headWidth].</returns>
    public static Tensor Of(Tensor query, Tensor key, Tensor value, AttentionMask mask)
    {
        if (mask.Cap is not null)
            return CappedAttention.Of(query, key, value, mask);
        using var scope = NewDisposeScope();
        if (KeyHeads.MustRepeat(query, key, mask))
            (key, value) = (KeyHeads.Repeated(key, query.shape[1]), KeyHeads.Repeated(value, query.shape[1]));
        return Tensor("aten::scaled_dot_product_attention", Argument(query), Argument(key), Argument(value),
            mask.Bias is null ? None : Optional(Argument(mask.Bias)), Argument(0.0), Argument(mask.Causal), None,
            Argument(query.shape[1] != key.shape[1])).MoveToOuterDisposeScope();
    }

    /// <summary>As <see cref="Of"/>, of one token of each row over the keys of a cache.</summary>
    /// <param name="query">[rows, heads, 1, headWidth].</param>
    /// <param name="key">[rows, keyHeads, keys, headWidth].</param>
    /// <param name="value">[rows, keyHeads, keys, headWidth].</param>
    /// <param name="mask">A bias [rows, 1, 1, keys], or one key.</param>
    /// <returns>[rows, keyHeads, heads / keyHeads, headWidth]: the heads in their order.</returns>
    public static Tensor OfToken(Tensor query, Tensor key, Tensor value, AttentionMask mask)
    {
        using var scope = NewDisposeScope();
        (long rows, long heads, long keyHeads, long width) = (query.shape[0], query.shape[1], key.shape[1], query.shape[3]);
        // the query heads of a group stand in for its queries, so that no key is repeated
        Tensor mixed = TokenAttention.Serves(query, key, mask) ? TokenAttention.Of(query, key, value, mask.Bias!)
            : Of(query.reshape(rows, keyHeads, heads / keyHeads, width), key, value, mask with { Causal = false });
        return mixed.view(rows, keyHeads, heads / keyHeads, width).MoveToOuterDisposeScope();
    }

    /// <summary>As <see cref="Of"/>, in libtorch's single operators.</summary>
    public static Tensor Plain(Tensor query, Tensor key, Tensor value, AttentionMask mask)
    {
        using var scope = NewDisposeScope();
        (long rows, long heads, long length, long width) = (query.shape[0], query.shape[1], query.shape[2], query.shape[3]);
        long keys = key.shape[2];
        Tensor k = KeyHeads.Repeated(key, heads).reshape(rows * heads, keys, width);
        Tensor v = KeyHeads.Repeated(value, heads).reshape(rows * heads, keys, width);
        Tensor scores = bmm(query.reshape(rows * heads, length, width), k.transpose(1, 2)) * (1 / Math.Sqrt(width));
        scores = scores.view(rows, heads, length, keys);
        if (mask.Cap is { } cap)
            scores = (scores / cap).tanh() * cap;
        if (mask.Bias is not null)
            scores = scores + mask.Bias;
        if (mask.Causal)
            scores = scores.masked_fill(ones(length, keys, ScalarType.Bool, query.device).triu(1), double.NegativeInfinity);
        Tensor weights = nn.functional.softmax(scores, -1).view(rows * heads, length, keys);
        return bmm(weights, v).view(rows, heads, length, width).MoveToOuterDisposeScope();
    }
}

/// <summary>Key and value heads that several query heads read (grouped-query attention; Ainslie et al. 2023).</summary>
internal static class KeyHeads
{
    /// <summary>
    /// Whether heads must be repeated first: of libtorch's kernels only flash on CUDA serves groups, in 16 bits and without a bias. Where it does not, what
    /// takes its place forms all scores.
    /// </summary>
    public static bool MustRepeat(Tensor query, Tensor key, AttentionMask mask) => query.shape[1] != key.shape[1]
        && !(mask.Bias is null && query.dtype is ScalarType.BFloat16 or ScalarType.Float16 && VariableLengthOperators.For(query, query.shape[3]) is FlashOperator);

    /// <summary>
    /// Every key head, repeated for the query heads that read it: [rows, keyHeads, keys, headWidth] → [rows, heads, keys, headWidth].
    /// </summary>
    public static Tensor Repeated(Tensor keys, long heads)
    {
        using var scope = NewDisposeScope();
        (long rows, long keyHeads, long length, long width) = (keys.shape[0], keys.shape[1], keys.shape[2], keys.shape[3]);
        Tensor repeated = keys.unsqueeze(2).expand(rows, keyHeads, heads / keyHeads, length, width); // a view
        return repeated.reshape(rows, heads, length, width).MoveToOuterDisposeScope();
    }
}
