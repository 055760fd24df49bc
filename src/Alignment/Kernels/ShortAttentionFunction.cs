using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace Alignment.Kernels;

/// <summary>The autograd node of <see cref="ShortAttention"/>: query, key, value and masks in, the mix of values out.</summary>
internal sealed class ShortAttentionFunction : SingleTensorFunction<ShortAttentionFunction>
{
    public override string Name => nameof(ShortAttention);

    public override Tensor forward(AutogradContext ctx, params object[] vars)
    {
        using IDisposable noGrad = no_grad();
        var inputs = new QueryKeyValue((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2]);
        (Tensor mixed, Tensor normalisers) = ShortAttention.Forward(inputs, (PackedMasks)vars[3]);
        ctx.save_for_backward([inputs.Query, inputs.Key, inputs.Value, mixed, normalisers]);
        ctx.save_data("masks", vars[3]);
        return mixed;
    }

    public override List<Tensor> backward(AutogradContext ctx, Tensor grad_output)
    {
        List<Tensor> saved = ctx.get_saved_variables();
        try
        {
            using IDisposable noGrad = no_grad();
            QueryKeyValue gradients = ShortAttention.Backward(new(saved[0], saved[1], saved[2]), (saved[3], saved[4]), grad_output, (PackedMasks)ctx.get_data("masks"));
            return [gradients.Query, gradients.Key, gradients.Value, null!];
        }
        catch (Exception exception)
        {
            BackwardFailure.Keep(exception); // an exception that leaves this method would end the process
            return [zeros_like(saved[0]), zeros_like(saved[1]), zeros_like(saved[2]), null!];
        }
    }
}
