using static TorchSharp.torch;

namespace Alignment.Kernels;

/// <summary>x · weightᵀ + bias through the fastest product this machine has; <c>torch.nn.functional.linear</c> is the readable twin.</summary>
public static class LinearProduct
{
    /// <summary>x · weightᵀ + bias, differentiable in all.</summary>
    /// <param name="x">[…, inputs].</param>
    /// <param name="weight">[outputs, inputs], of the dtype and device of <paramref name="x"/>.</param>
    /// <param name="bias">[outputs], or null.</param>
    /// <returns>[…, outputs].</returns>
    public static Tensor Of(Tensor x, Tensor weight, Tensor? bias = null)
    {
        if (!OneDnn.Serves(x))
            return nn.functional.linear(x, weight, bias);
        if (!is_grad_enabled() || !(x.requires_grad || weight.requires_grad || bias is { requires_grad: true }))
            return OneDnn.Product(x, weight, bias);
        return bias is null ? LinearProductFunction.apply(x, weight) : LinearProductFunction.apply(x, weight, bias);
    }
}
