using Alignment.Kernels.Native;
using static TorchSharp.torch;

namespace Alignment.Kernels.Optimiser;

/// <summary>The Euclidean norm over all gradients together, and clipping to it as torch.nn.utils.clip_grad_norm_ does.</summary>
internal static class GradientNorm
{
    private const double Guard = 1e-6;

    /// <summary>The norm of all gradients as one vector; 0 for none.</summary>
    /// <param name="gradients">Tensors of one dtype and device.</param>
    public static double Of(IReadOnlyList<Tensor> gradients) => gradients.Count == 0 ? 0 : Of(gradients, gradients[0].device);

    // each norm is computed on the device, wherever the gradient lies: another device adds in another order
    private static double Of(IReadOnlyList<Tensor> gradients, Device device)
    {
        if (gradients.Count == 0)
            return 0;
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        return OfNorms([.. gradients.Select(gradient => Norm(gradient, device))]);
    }

    /// <summary>The norm of several gradients as one vector, from that of each, a scalar.</summary>
    public static double OfNorms(IReadOnlyList<Tensor> norms)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        return stack(norms).norm().to(ScalarType.Float64).item<double>();
    }

    /// <summary>Multiplies all gradients in place by min(1, <paramref name="maxNorm"/> / (norm + 1e−6)).</summary>
    /// <param name="gradients">Tensors of one dtype and device.</param>
    /// <param name="maxNorm">Largest norm; &gt; 0.</param>
    /// <returns>The norm before clipping; NaN or ∞ where a gradient is.</returns>
    public static double Clip(IReadOnlyList<Tensor> gradients, double maxNorm) =>
        gradients.Count == 0 ? 0 : Clip(gradients, maxNorm, gradients[0].device);

    /// <summary>As <see cref="Clip(IReadOnlyList{Tensor}, double)"/>, with the norm computed on a device, where gradients lie elsewhere.</summary>
    public static double Clip(IReadOnlyList<Tensor> gradients, double maxNorm, Device device) => Scale(gradients, maxNorm, Of(gradients, device));

    /// <summary>As <see cref="Clip(IReadOnlyList{Tensor}, double)"/>, of gradients whose norm is known; returns it.</summary>
    public static double Scale(IReadOnlyList<Tensor> gradients, double maxNorm, double norm)
    {
        double coefficient = maxNorm / (norm + Guard);
        if (coefficient >= 1)
            return norm;
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Aten.Multiply([.. gradients], tensor(coefficient, gradients[0].dtype, gradients[0].device));
        return norm;
    }

    private static Tensor Norm(Tensor gradient, Device device)
    {
        using Tensor there = gradient.to(device);
        return there.norm();
    }
}
