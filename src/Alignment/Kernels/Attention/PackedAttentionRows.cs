using static Alignment.Kernels.Native.AtenDispatcher;
using static TorchSharp.torch;

namespace Alignment.Kernels.Attention;

/// <summary>Query, key and value of a packed batch, or their gradients: [1, heads, tokens, headWidth] each.</summary>
internal sealed record QueryKeyValue(Tensor Query, Tensor Key, Tensor Value)
{
    /// <summary>The first three inputs of an autograd node.</summary>
    public static QueryKeyValue First(object[] inputs) => new((Tensor)inputs[0], (Tensor)inputs[1], (Tensor)inputs[2]);
}

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
