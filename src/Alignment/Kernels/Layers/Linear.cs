using Alignment.Kernels.Native;
using static TorchSharp.torch;

namespace Alignment.Kernels.Layers;

/// <summary>x · weightᵀ + bias through the fastest product this machine has; <c>torch.nn.functional.linear</c> is the readable twin.</summary>
internal static class Linear
{
    /// <summary>x · weightᵀ + bias, differentiable in all.</summary>
    /// <param name="x">[…, inputs].</param>
    /// <param name="weight">[outputs, inputs], of the dtype and device of <paramref name="x"/>.</param>
    /// <param name="bias">[outputs], or null.</param>
    /// <returns>[…, outputs].</returns>
    public static Tensor Of(Tensor x, Tensor weight, Tensor? bias = null) =>
        TokenProduct.Serves(x, weight) ? TokenProduct.Of(x, weight, bias)
        : OneDnn.Serves(x) ? LinearFunction.Of(x, weight, bias) : nn.functional.linear(x, weight, bias);

    /// <summary>The exact GELU (Hendrycks and Gimpel 2016, z · Φ(z)) of <see cref="Of"/>, differentiable in all; without a gradient no pass of its own over memory.</summary>
    /// <param name="x">[…, inputs].</param>
    /// <param name="weight">[outputs, inputs], of the dtype and device of <paramref name="x"/>.</param>
    /// <param name="bias">[outputs], or null.</param>
    /// <returns>[…, outputs].</returns>
    public static Tensor Gelu(Tensor x, Tensor weight, Tensor? bias = null)
    {
        if (!LinearFunction.Records(x, weight, bias) && OneDnn.Serves(x))
            return OneDnn.Gelu(x, weight, bias);
        using var scope = NewDisposeScope();
        return nn.functional.gelu(Of(x, weight, bias)).MoveToOuterDisposeScope();
    }
}

/// <summary>The autograd node of <see cref="Linear"/> over oneDNN: x, weight and a bias or null in, the product out.</summary>
internal sealed class LinearFunction : GuardedFunction<LinearFunction>
{
    protected override ForwardPass Forward(object[] inputs) => new(OneDnn.Product((Tensor)inputs[0], (Tensor)inputs[1], (Tensor?)inputs[2]));

    protected override Tensor?[] Backward(object[] inputs, Tensor[] kept, Tensor gradient)
    {
        (Tensor x, Tensor weight, bool biased) = ((Tensor)inputs[0], (Tensor)inputs[1], inputs[2] is not null);
        gradient = gradient.reshape(-1, weight.size(0)); // [rows, outputs]
        Tensor rows = x.reshape(-1, weight.size(1)); // [rows, inputs]
        return [OneDnn.Product(gradient, weight.t()).view(x.shape), ForWeight(gradient, rows), biased ? gradient.sum([0]) : null];
    }

    // gradientᵀ · rows; oneDNN copies its left factor when that is a transposed view, so the narrower one stands there
    private static Tensor ForWeight(Tensor gradient, Tensor rows) => gradient.size(1) <= rows.size(1)
        ? OneDnn.Product(gradient.t(), rows.t()) : OneDnn.Product(rows.t(), gradient.t()).t();
}
