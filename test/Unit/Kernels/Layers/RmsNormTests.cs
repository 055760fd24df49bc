using Alignment.Kernels.Layers;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.Layers;

public class RmsNormTests
{
    private const double Epsilon = 1e-5;

    private DisposeScope _scope = null!;
    private Generator _generator = null!;

    [SetUp]
    public void Open()
    {
        _scope = NewDisposeScope();
        _generator = new Generator(8);
    }

    [TearDown]
    public void Free()
    {
        _scope.Dispose();
        _generator.Dispose();
    }

    [Test]
    public void Rms_norm_of_three_and_four_divides_by_the_root_of_twelve_and_a_half()
    {
        Tensor normal = RmsNorm.Of(tensor(new[] { 3.0, 4.0 }), tensor(new[] { 1.0, 2.0 }), 1e-30);
        Assert.That(normal.data<double>().ToArray(), Is.EqualTo(new[] { 3 / Math.Sqrt(12.5), 8 / Math.Sqrt(12.5) }).Within(1e-12));
    }

    [Test]
    public void In_float64_and_over_more_axes_values_and_gradients_are_those_of_the_plain_twin()
    {
        Tensor x = Random(3, 5, 8).to(ScalarType.Float64), weight = Random(8).to(ScalarType.Float64);
        Twins.Agree([x, weight], leaves => RmsNorm.Of(leaves[0], leaves[1], Epsilon), leaves => RmsNorm.Plain(leaves[0], leaves[1], Epsilon), 1e-13);
    }

    [Test]
    public void The_gradient_of_the_norm_is_that_of_its_formula([Values(1, 15, 16, 40, 128)] long width, [Values(1, 63, 200)] long rows)
    {
        Tensor x = Random(rows, width), weight = Random(width);
        Twins.Agree([x, weight], leaves => RmsNorm.Of(leaves[0], leaves[1], Epsilon), leaves => RmsNorm.Plain(leaves[0], leaves[1], Epsilon), 2e-5);
    }

    [Test]
    public void A_refused_call_names_the_operator() =>
        Assert.That(() => RmsNorm.Of(ones(2, 3), ones(4), Epsilon), Throws.InvalidOperationException
            .With.Message.EqualTo("libtorch refused aten::rms_norm; the reason is on standard error"));

    [Test]
    public void Both_passes_leave_nothing_but_the_gradients_alive()
    {
        Tensor x = Random(4, 32).requires_grad_(true), weight = Random(32).requires_grad_(true);
        Step(); // the first call makes the gradients
        DisposeScopeManager.Statistics.Reset();
        Step();
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.Zero);

        void Step()
        {
            using var scope = NewDisposeScope();
            RmsNorm.Of(x, weight, Epsilon).sum().backward();
        }
    }

    private Tensor Random(params long[] shape) => randn(shape, generator: _generator);
}
