using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace Alignment.Kernels;

/// <summary>The autograd node of <see cref="RmsNormRows"/>: x, weight and epsilon in, the norm out.</summary>
internal sealed class RmsNormFunction : SingleTensorFunction<RmsNormFunction>
{
    public override string Name => nameof(Aten.RmsNorm);

    public override Tensor forward(AutogradContext ctx, params object[] vars)
    {
        using IDisposable noGrad = no_grad();
        (Tensor x, Tensor weight) = ((Tensor)vars[0], (Tensor)vars[1]);
        ctx.save_for_backward([x, weight]);
        ctx.save_data("epsilon", vars[2]);
        return Aten.RmsNorm(x, weight, (double)vars[2]);
    }

    public override List<Tensor> backward(AutogradContext ctx, Tensor grad_output)
    {
        List<Tensor> saved = ctx.get_saved_variables();
        try
        {
            using var scope = NewDisposeScope();
            using IDisposable noGrad = no_grad();
            (Tensor x, Tensor weight) = (saved[0], saved[1]);
            long width = weight.shape[0];
            (Tensor rows, Tensor own) = RmsNormRows.Backward(x.reshape(-1, width).contiguous(), weight.contiguous(),
                grad_output.reshape(-1, width).contiguous(), (double)ctx.get_data("epsilon"));
            return [rows.view(x.shape).MoveToOuterDisposeScope(), own.MoveToOuterDisposeScope(), null!];
        }
        catch (Exception exception)
        {
            BackwardFailure.Keep(exception); // an exception that leaves this method would end the process
            return [zeros_like(saved[0]), zeros_like(saved[1]), null!];
        }
    }
}
