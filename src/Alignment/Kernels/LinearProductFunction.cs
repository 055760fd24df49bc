using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace Alignment.Kernels;

/// <summary>The autograd node of <see cref="LinearProduct"/> over oneDNN: x, weight and perhaps a bias in, the product out.</summary>
internal sealed class LinearProductFunction : SingleTensorFunction<LinearProductFunction>
{
    public override string Name => nameof(LinearProduct);

    public override Tensor forward(AutogradContext ctx, params object[] vars)
    {
        using IDisposable noGrad = no_grad();
        (Tensor x, Tensor weight) = ((Tensor)vars[0], (Tensor)vars[1]);
        ctx.save_for_backward([x, weight]);
        ctx.save_data("inputs", vars.Length);
        return OneDnn.Product(x, weight, vars.Length == 3 ? (Tensor)vars[2] : null);
    }

    public override List<Tensor> backward(AutogradContext ctx, Tensor grad_output)
    {
        List<Tensor> saved = ctx.get_saved_variables();
        bool biased = (int)ctx.get_data("inputs") == 3;
        try
        {
            using var scope = NewDisposeScope();
            using IDisposable noGrad = no_grad();
            (Tensor x, Tensor weight) = (saved[0], saved[1]);
            Tensor gradient = grad_output.reshape(-1, weight.shape[0]), rows = x.reshape(-1, weight.shape[1]); // [rows, outputs], [rows, inputs]
            List<Tensor> all = [OneDnn.Product(gradient, weight.t()).view(x.shape), ForWeight(gradient, rows)];
            if (biased)
                all.Add(gradient.sum([0]));
            return [.. all.Select(one => one.MoveToOuterDisposeScope())];
        }
        catch (Exception exception)
        {
            BackwardFailure.Keep(exception); // an exception that leaves this method would end the process
            return [zeros_like(saved[0]), zeros_like(saved[1]), .. biased ? [zeros(saved[1].shape[0])] : Array.Empty<Tensor>()];
        }
    }

    // gradientᵀ · rows; oneDNN copies its left factor when that is a transposed view, so the narrower one stands there
    private static Tensor ForWeight(Tensor gradient, Tensor rows) => gradient.shape[1] <= rows.shape[1]
        ? OneDnn.Product(gradient.t(), rows.t()) : OneDnn.Product(rows.t(), gradient.t()).t();
}
