using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace Alignment.Kernels;

/// <summary>The autograd node of <see cref="GatedRows"/>: gate and up side by side in, their product out.</summary>
internal sealed class GatedProductFunction : SingleTensorFunction<GatedProductFunction>
{
    public override string Name => nameof(GatedProduct);

    public override Tensor forward(AutogradContext ctx, params object[] vars)
    {
        using IDisposable noGrad = no_grad();
        var both = (Tensor)vars[0];
        ctx.save_for_backward([both]);
        return GatedProduct.OfRows(both);
    }

    public override List<Tensor> backward(AutogradContext ctx, Tensor grad_output)
    {
        Tensor both = ctx.get_saved_variables()[0];
        try
        {
            using var scope = NewDisposeScope();
            using IDisposable noGrad = no_grad();
            long inner = both.shape[^1] / 2;
            Tensor gradient = GatedRows.Backward(both.reshape(-1, 2 * inner).contiguous(), grad_output.reshape(-1, inner).contiguous());
            return [gradient.view(both.shape).MoveToOuterDisposeScope()];
        }
        catch (Exception exception)
        {
            BackwardFailure.Keep(exception); // an exception that leaves this method would end the process
            return [zeros_like(both)];
        }
    }
}
