using Alignment.Kernels.Native;
using static TorchSharp.torch;

namespace Alignment.Kernels.Attention;

/// <summary>
/// Attention within each span of a packed batch in one call, by the <see cref="IVariableLengthOperator"/> of its <see cref="PackedLayout"/>: the autograd
/// node, query, key, value and masks in, the mix of values out. <see cref="PackedAttention.Plain"/> is the readable twin.
/// </summary>
internal sealed class VariableLengthFunction : GuardedFunction<VariableLengthFunction>
{
    protected override ForwardPass Forward(object[] inputs)
    {
        PackedLayout layout = ((PackedMasks)inputs[3]).Layout!;
        VariableLengthOutput output = layout.Operator.Forward(Rows(QueryKeyValue.First(inputs), layout), layout);
        Tensor mixed = ByHead(output.Mixed);
        return new(mixed, [mixed, .. output.Kept, .. layout.Tensors]);
    }

    protected override Tensor?[] Backward(object[] inputs, Tensor[] kept, Tensor gradient)
    {
        QueryKeyValue whole = QueryKeyValue.First(inputs);
        PackedLayout layout = ((PackedMasks)inputs[3]).Layout!.With(new(kept[(1 + VariableLengthOutput.KeptTensors)..]));
        VariableLengthOutput output = new(ByToken(kept[0]), kept[1..(1 + VariableLengthOutput.KeptTensors)]);
        QueryKeyValue rows = layout.Operator.Backward(Rows(whole, layout), output, ByToken(gradient), layout);
        long keyHeads = whole.Key.shape[1];
        return [ByHead(rows.Query), ByHead(Spread(rows.Key, keyHeads, layout)), ByHead(Spread(rows.Value, keyHeads, layout))];
    }

    private static QueryKeyValue Rows(QueryKeyValue whole, PackedLayout layout)
    {
        long heads = whole.Query.shape[1];
        return new(ByToken(whole.Query), Keys(whole.Key), Keys(whole.Value));

        Tensor Keys(Tensor all)
        {
            Tensor keys = layout.Gathered?.Gather(ByToken(all)) ?? ByToken(all);
            return layout.Operator.ServesGroups || keys.shape[1] == heads ? keys : keys.repeat_interleave(heads / keys.shape[1], 1);
        }
    }

    // [keys, keyHeads or heads, headWidth] → [tokens, keyHeads, headWidth]
    private static Tensor Spread(Tensor gradients, long keyHeads, PackedLayout layout)
    {
        if (gradients.shape[1] != keyHeads)
            gradients = gradients.view(gradients.shape[0], keyHeads, -1, gradients.shape[2]).sum(2);
        return layout.Gathered?.Spread(gradients) ?? gradients;
    }

    // [1, heads, tokens, headWidth] → [tokens, heads, headWidth], whose last axis the operators want in one piece
    private static Tensor ByToken(Tensor byHead)
    {
        Tensor rows = byHead.squeeze(0).transpose(0, 1);
        return rows.stride(2) == 1 ? rows : rows.contiguous();
    }

    // [tokens, heads, headWidth] → [1, heads, tokens, headWidth]
    private static Tensor ByHead(Tensor byToken) => byToken.transpose(0, 1).unsqueeze(0);
}
