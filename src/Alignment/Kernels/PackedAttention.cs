using static TorchSharp.torch;

namespace Alignment.Kernels;

/// <summary>
/// Attention within each span of a packed batch: by <see cref="ShortAttention"/>, or span by span by libtorch's flash kernel for the CPU.
/// <see cref="PlainAten.PackedAttention"/> is the readable twin.
/// </summary>
public static class PackedAttention
{
    /// <summary>softmax(q kᵀ / √headWidth) v for each head and span, differentiable. Query head h reads key head h / (heads / keyHeads).</summary>
    /// <param name="query">[1, heads, tokens, headWidth].</param>
    /// <param name="key">[1, keyHeads, tokens, headWidth]; keyHeads divides heads.</param>
    /// <param name="value">[1, keyHeads, tokens, headWidth].</param>
    /// <param name="masks">The spans and what their tokens see.</param>
    /// <returns>[1, heads, tokens, headWidth].</returns>
    public static Tensor Of(Tensor query, Tensor key, Tensor value, PackedMasks masks)
    {
        using var scope = NewDisposeScope();
        bool graphed = is_grad_enabled() && (query.requires_grad || key.requires_grad || value.requires_grad);
        if (masks.Short)
            return (graphed ? ShortAttentionFunction.apply(query, key, value, masks) : ShortAttention.Forward(new(query, key, value), masks).Output)
                .MoveToOuterDisposeScope();
        if (query.shape[1] != key.shape[1])
            (key, value) = (PlainAten.RepeatHeads(key, query.shape[1]), PlainAten.RepeatHeads(value, query.shape[1]));
        if (graphed)
            return PackedAttentionFunction.apply(query, key, value, masks).MoveToOuterDisposeScope();
        return PackedAttentionRows.Forward(new(query, key, value), masks).Output.MoveToOuterDisposeScope();
    }
}
