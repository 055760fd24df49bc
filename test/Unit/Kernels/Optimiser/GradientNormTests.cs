using Alignment.Kernels.Optimiser;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.Optimiser;

public class GradientNormTests
{
    private DisposeScope _scope = null!;

    [SetUp]
    public void Open() => _scope = NewDisposeScope();

    [TearDown]
    public void Free() => _scope.Dispose();

    [Test]
    public void Norm_is_taken_over_all_gradients_together() =>
        Assert.That(GradientNorm.Of([tensor(new[] { 2.0, 4.0 }), tensor(new[] { 5.0, 6.0 })]), Is.EqualTo(9).Within(1e-12));

    [Test]
    public void Norm_of_no_gradients_is_zero() => Assert.That(GradientNorm.Clip([], 1), Is.Zero);

    [Test]
    public void A_longer_gradient_is_cut_to_the_norm_and_the_old_norm_returned()
    {
        Tensor[] gradients = [tensor(new[] { 3.0 }), tensor(new[] { 4.0 })];
        Assert.That(GradientNorm.Clip(gradients, 2), Is.EqualTo(5).Within(1e-12));
        Assert.That(gradients[0].item<double>(), Is.EqualTo(3 * 2 / (5 + 1e-6)).Within(1e-12));
        Assert.That(gradients[1].item<double>(), Is.EqualTo(4 * 2 / (5 + 1e-6)).Within(1e-12));
    }

    [Test]
    public void A_shorter_gradient_is_left_alone()
    {
        Tensor gradient = tensor(new[] { 0.5f, 0.25f });
        GradientNorm.Clip([gradient], 1);
        Assert.That(gradient.data<float>().ToArray(), Is.EqualTo(new[] { 0.5f, 0.25f }));
    }

    [Test]
    public void A_gradient_that_is_no_number_gives_no_number() =>
        Assert.That(GradientNorm.Clip([tensor(new[] { 1f, float.NaN })], 1), Is.NaN);

    [Test]
    public void Clipping_leaves_nothing_alive()
    {
        Tensor gradient = ones(4);
        DisposeScopeManager.Statistics.Reset();
        GradientNorm.Clip([gradient], 1);
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.Zero);
    }
}
