using Alignment.Kernels.Layers;
using Alignment.Kernels.Native;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.Layers;

public class LinearTests
{
    private DisposeScope _scope = null!;
    private Generator _generator = null!;

    [SetUp]
    public void Open()
    {
        _scope = NewDisposeScope();
        _generator = new Generator(33);
    }

    [TearDown]
    public void Free()
    {
        _scope.Dispose();
        _generator.Dispose();
    }

    [Test]
    public void Values_and_gradients_are_those_of_linear([Values] bool biased, [Values(3L, 40L)] long outputs)
    {
        Tensor[] own = [Random(2, 5, 7), Random(outputs, 7), Random(outputs)], plain = [.. own.Select(one => one.clone())];
        Tensor weights = Random(2, 5, outputs);
        foreach (Tensor leaf in own.Concat(plain))
            leaf.requires_grad_(true);
        Tensor product = biased ? Linear.Of(own[0], own[1], own[2]) : Linear.Of(own[0], own[1]);
        Tensor expected = nn.functional.linear(plain[0], plain[1], biased ? plain[2] : null);
        product.mul(weights).sum().backward();
        expected.mul(weights).sum().backward();
        BackwardFailure.Rethrow();
        Assert.That((product - expected).abs().max().item<float>(), Is.LessThan(1e-5f));
        foreach ((Tensor a, Tensor b) in own.Zip(plain).Take(biased ? 3 : 2))
            Assert.That((a.grad! - b.grad!).abs().max().item<float>(), Is.LessThan(1e-5f));
    }

    [Test]
    public void Gelu_behind_a_product_has_the_bits_of_both_one_after_the_other_and_its_gradient([Values] bool biased, [Values(1L, 3L, 40L)] long outputs)
    {
        Tensor[] own = [Random(2, 5, 7), Random(outputs, 7), Random(outputs)], plain = [.. own.Select(one => one.clone())];
        Tensor? bias = biased ? own[2] : null;
        Assert.That(Linear.Gelu(own[0], own[1], bias).equal(nn.functional.gelu(Linear.Of(own[0], own[1], bias))).all().item<bool>());
        foreach (Tensor leaf in own.Concat(plain))
            leaf.requires_grad_(true);
        Linear.Gelu(own[0], own[1], bias).square().sum().backward();
        nn.functional.gelu(nn.functional.linear(plain[0], plain[1], biased ? plain[2] : null)).square().sum().backward();
        BackwardFailure.Rethrow();
        foreach ((Tensor a, Tensor b) in own.Zip(plain).Take(biased ? 3 : 2))
            Assert.That((a.grad! - b.grad!).abs().max().item<float>(), Is.LessThan(1e-4f));
    }

    [Test]
    public void A_gradient_that_is_one_number_seen_many_times_is_served()
    {
        Tensor x = Random(4, 3), weight = Random(2, 3).requires_grad_(true);
        Linear.Of(x, weight).sum().backward(); // its gradient has strides 0
        BackwardFailure.Rethrow();
        Assert.That((weight.grad! - x.sum([0]).expand(2, 3)).abs().max().item<float>(), Is.LessThan(1e-5f));
    }

    [TestCase(ScalarType.Float64)]
    [TestCase(ScalarType.BFloat16)]
    public void Other_dtypes_keep_their_dtype(ScalarType type)
    {
        Tensor x = Random(3, 4).to(type), weight = Random(5, 4).to(type);
        Assert.That(Linear.Of(x, weight).dtype, Is.EqualTo(type));
    }

    [Test]
    public void Both_passes_leave_nothing_but_the_gradients_alive()
    {
        Tensor x = Random(4, 6).requires_grad_(true), weight = Random(5, 6).requires_grad_(true), bias = Random(5).requires_grad_(true);
        Step(); // the first call makes the gradients
        DisposeScopeManager.Statistics.Reset();
        Step();
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.Zero);

        void Step()
        {
            using var scope = NewDisposeScope();
            (Linear.Of(x, weight) + Linear.Of(x, weight, bias)).sum().backward();
        }
    }

    private Tensor Random(params long[] shape) => randn(shape, generator: _generator);
}
