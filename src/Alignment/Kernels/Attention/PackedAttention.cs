using Alignment.Kernels.Native;
using static Alignment.Kernels.Native.AtenDispatcher;
using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace Alignment.Kernels.Attention;

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

/// <summary>The autograd node of <see cref="PackedAttention"/>: query, key, value and masks in, the mix of values out.</summary>
internal sealed class PackedAttentionFunction : SingleTensorFunction<PackedAttentionFunction>
{
    private const int Normalisers = 4; // the first of them among the saved tensors

    public override string Name => nameof(PackedAttention);

    public override Tensor forward(AutogradContext ctx, params object[] vars)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        var inputs = new QueryKeyValue((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2]);
        var masks = (PackedMasks)vars[3];
        PackedAttentionOutput output = PackedAttentionRows.Forward(inputs, masks);
        foreach (Tensor normaliser in output.Normalisers)
            normaliser.MoveToOuterDisposeScope();
        Tensor mixed = output.Output.MoveToOuterDisposeScope();
        ctx.save_for_backward([inputs.Query, inputs.Key, inputs.Value, mixed, .. output.Normalisers, .. masks.Biases]);
        ctx.save_data("masks", masks);
        return mixed;
    }

    public override List<Tensor> backward(AutogradContext ctx, Tensor grad_output)
    {
        List<Tensor> saved = ctx.get_saved_variables();
        try
        {
            using var scope = NewDisposeScope();
            using IDisposable noGrad = no_grad();
            var masks = (PackedMasks)ctx.get_data("masks");
            Tensor[] normalisers = [.. saved.Skip(Normalisers).Take(masks.Spans.Count)];
            (Tensor query, Tensor key, Tensor value) = PackedAttentionRows.Backward(new(saved[0], saved[1], saved[2]),
                new(saved[3], normalisers), grad_output, masks.With(saved.Skip(Normalisers + normalisers.Length)));
            return [query.MoveToOuterDisposeScope(), key.MoveToOuterDisposeScope(), value.MoveToOuterDisposeScope(), null!];
        }
        catch (Exception exception)
        {
            BackwardFailure.Keep(exception); // an exception that leaves this method would end the process
            return [zeros_like(saved[0]), zeros_like(saved[1]), zeros_like(saved[2]), null!];
        }
    }
}

/// <summary>Query, key and value of a packed batch, or their gradients: [1, heads, tokens, headWidth] each.</summary>
internal sealed record QueryKeyValue(Tensor Query, Tensor Key, Tensor Value);

/// <summary>What the forward pass of <see cref="PackedAttentionRows"/> gives: [1, heads, tokens, headWidth], and log-normalisers per span.</summary>
internal sealed record PackedAttentionOutput(Tensor Output, Tensor[] Normalisers);

/// <summary>Both passes of <see cref="PackedAttention"/>, span by span.</summary>
internal static class PackedAttentionRows
{
    private const string Flash = "aten::_scaled_dot_product_flash_attention_for_cpu";
    private const int Tokens = 2; // the axis

    /// <summary>The forward pass; the tensors belong to the caller's scope.</summary>
    public static PackedAttentionOutput Forward(QueryKeyValue inputs, PackedMasks masks)
    {
        (long heads, long tokens, long headWidth) = (inputs.Query.shape[1], inputs.Query.shape[Tokens], inputs.Query.shape[3]);
        // laid out as the next projection reads it: [1, tokens, heads, headWidth]
        Tensor output = empty(1, tokens, heads, headWidth, inputs.Query.dtype, inputs.Query.device).transpose(1, Tokens);
        var normalisers = new Tensor[masks.Spans.Count];
        for (int i = 0; i < normalisers.Length; i++)
        {
            using var scope = NewDisposeScope();
            (PackedSpan span, AttentionMask mask) = (masks.Spans[i], masks.Masks[i]);
            Tensor[] results = Tensors(Flash, 2, Argument(Own(inputs.Query, span)), Argument(Seen(inputs.Key, span)), Argument(Seen(inputs.Value, span)),
                Argument(0.0), Argument(mask.Causal), Bias(mask), None);
            Own(output, span).copy_(results[0]);
            normalisers[i] = results[1].MoveToOuterDisposeScope();
        }
        return new(output, normalisers);
    }

    /// <summary>The gradients of query, key and value; the tensors belong to the caller's scope.</summary>
    public static QueryKeyValue Backward(QueryKeyValue inputs, PackedAttentionOutput output, Tensor gradient, PackedMasks masks)
    {
        var gradients = new QueryKeyValue(empty_like(inputs.Query), empty_like(inputs.Key), empty_like(inputs.Value));
        for (int i = 0; i < masks.Spans.Count; i++)
        {
            using var scope = NewDisposeScope();
            (PackedSpan span, AttentionMask mask) = (masks.Spans[i], masks.Masks[i]);
            Tensor[] results = Tensors(Flash + "_backward", 3, Argument(Own(gradient, span)),
                Argument(Own(inputs.Query, span)), Argument(Seen(inputs.Key, span)), Argument(Seen(inputs.Value, span)),
                Argument(Own(output.Output, span)), Argument(output.Normalisers[i]), Argument(0.0), Argument(mask.Causal), Bias(mask), None);
            Own(gradients.Query, span).copy_(results[0]);
            Spread(results[1], gradients.Key, span);
            Spread(results[2], gradients.Value, span);
        }
        return gradients;
    }

    private static Tensor Own(Tensor whole, PackedSpan span) => whole.narrow(Tokens, span.Start, span.Length);

    private static Tensor Seen(Tensor whole, PackedSpan span) => span.PromptLength == 0 ? Own(whole, span)
        : cat([whole.narrow(Tokens, span.PromptStart, span.PromptLength), Own(whole, span)], Tokens);

    // a prompt lies in an earlier span, whose own gradient is there already
    private static void Spread(Tensor seen, Tensor whole, PackedSpan span)
    {
        Own(whole, span).copy_(seen.narrow(Tokens, span.PromptLength, span.Length));
        if (span.PromptLength > 0)
            whole.narrow(Tokens, span.PromptStart, span.PromptLength).add_(seen.narrow(Tokens, 0, span.PromptLength));
    }

    private static ulong Bias(AttentionMask mask) => mask.Bias is null ? None : Optional(Argument(mask.Bias));
}
