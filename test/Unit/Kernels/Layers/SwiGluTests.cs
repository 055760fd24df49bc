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
    public void Products_of_two_tensors_have_the_bits_of_those_side_by_side([Values(1, 15, 16, 17, 352)] long inner)
    {
        Tensor[] halves = (Random(70, 2 * inner) * 5).chunk(2, -1), own = [.. halves.Select(half => half.contiguous().requires_grad_(true))];
        Tensor both = cat(halves, -1).requires_grad_(true), product = SwiGlu.Of(own[0], own[1]), expected = SwiGlu.Of(both);
        product.sum().backward();
        expected.sum().backward();
        BackwardFailure.Rethrow();
        Assert.That(product.equal(expected).all().item<bool>());
        Assert.That(cat([.. own.Select(half => half.grad!)], -1).equal(both.grad!).all().item<bool>());
    }

    [Test]
    public void Products_with_gelu_agree_with_their_twin([Values(1, 15, 16, 17, 352)] long inner, [Values(1, 70)] long rows) =>
        Twins.Agree([Random(rows, 1, inner) * 5, Random(rows, 1, inner)], leaves => GeGlu.Of(leaves[0], leaves[1]), leaves => GeGlu.Plain(leaves[0], leaves[1]), 3e-6);

    [Test]
    public void Gelu_of_its_twin_is_the_one_of_libtorch()
    {
        Tensor gate = arange(-6, 6, 0.25, ScalarType.Float64);
        Assert.That(GeGlu.Plain(gate, ones_like(gate)).data<double>().ToArray(),
            Is.EqualTo(gate.data<double>().ToArray().Select(x => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))))).Within(1e-12));
    }

    [Test]
    public void Gelu_far_from_zero_neither_overflows_nor_leaves_a_trace()
    {
        Tensor gate = tensor(new[] { 500f, -500f }).requires_grad_(true), up = tensor(new[] { 3f, 3f });
        Tensor product = GeGlu.Of(gate, up);
        product.sum().backward();
        BackwardFailure.Rethrow();
        Assert.That(product.data<float>().ToArray(), Is.EqualTo(new[] { 1500f, 0f }).Within(1e-25));
        Assert.That(gate.grad!.data<float>().ToArray(), Is.EqualTo(new[] { 3f, 0f }).Within(1e-25));
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
