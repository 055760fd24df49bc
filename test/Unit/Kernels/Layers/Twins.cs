using Alignment.Kernels.Native;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.Layers;

/// <summary>A layer against its twin.</summary>
internal static class Twins
{
    /// <summary>Values and gradients of the layer are those of its twin in float64.</summary>
    public static void Agree(Tensor[] inputs, Func<Tensor[], Tensor> ours, Func<Tensor[], Tensor> twin, double bound)
    {
        Tensor[] own = [.. inputs.Select(one => one.clone().requires_grad_(true))];
        Tensor[] wide = [.. inputs.Select(one => one.to(ScalarType.Float64).requires_grad_(true))];
        Tensor result = ours(own), expected = twin(wide);
        Tensor weights = arange(result.numel(), ScalarType.Float32).cos().view(result.shape);
        (result * weights).sum().backward();
        (expected * weights).sum().backward();
        BackwardFailure.Rethrow();
        Assert.That((result - expected).abs().max().item<double>(), Is.LessThan(bound * Math.Max(1, expected.abs().max().item<double>())));
        foreach ((Tensor a, Tensor b) in own.Zip(wide))
            Assert.That((a.grad! - b.grad!).abs().max().item<double>(), Is.LessThan(bound * Math.Max(1, b.grad!.abs().max().item<double>())));
    }
}
