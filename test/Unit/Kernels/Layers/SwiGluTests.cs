using Alignment.Kernels.Layers;
using Alignment.Kernels.Native;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.Layers;

public class SwiGluTests
{
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
    public void Gated_products_agree_with_their_twin([Values(1, 15, 16, 17, 352)] long inner, [Values(1, 70)] long rows)
    {
        Tensor both = Random(rows, 1, 2 * inner) * 5;
        Twins.Agree([both], leaves => SwiGlu.Of(leaves[0]), leaves => SwiGlu.Plain(leaves[0]), 2e-6);
    }

    [Test]
    public void Gates_far_from_zero_neither_overflow_nor_leave_a_trace()
    {
        Tensor both = tensor(new[,] { { 500f, -500f, 3f, 3f } }).requires_grad_(true);
        Tensor product = SwiGlu.Of(both);
        product.sum().backward();
        BackwardFailure.Rethrow();
        Assert.That(product.data<float>().ToArray(), Is.EqualTo(new[] { 1500f, 0f }).Within(1e-30));
        Assert.That(both.grad!.data<float>().ToArray(), Is.EqualTo(new[] { 3f, 0f, 500f, 0f }).Within(1e-30));
    }

    [Test]
    public void Both_passes_leave_nothing_but_the_gradients_alive()
    {
        Tensor both = Random(4, 32).requires_grad_(true);
        Step(); // the first call makes the gradients
        DisposeScopeManager.Statistics.Reset();
        Step();
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.Zero);

        void Step()
        {
            using var scope = NewDisposeScope();
            SwiGlu.Of(both).sum().backward();
        }
    }

    private Tensor Random(params long[] shape) => randn(shape, generator: _generator);
}
