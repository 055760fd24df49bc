using Alignment.Kernels.Layers;
using Alignment.Kernels.Native;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.Layers;

public class TokenProductTests
{
    private DisposeScope _scope = null!;
    private Generator _generator = null!;

    [SetUp]
    public void Open()
    {
        if (!Simd.Fast)
            Assert.Ignore("this processor has no AVX2, which the kernel is for");
        _scope = NewDisposeScope();
        _generator = new Generator(6);
    }

    [TearDown]
    public void Free()
    {
        _scope?.Dispose();
        _generator?.Dispose();
    }

    [Test]
    public void Products_are_those_of_linear([Values(1, 2, 3, 4, 5, 9, 32)] long rows, [Values(16, 48, 656)] long inputs, [Values(1, 3, 4, 70)] long outputs, [Values] bool biased)
    {
        Tensor x = Random(rows, 1, inputs), weight = Random(outputs, inputs), bias = Random(outputs);
        Tensor expected = nn.functional.linear(x.to(ScalarType.Float64), weight.to(ScalarType.Float64), biased ? bias.to(ScalarType.Float64) : null);
        using IDisposable noGrad = no_grad();
        Assert.That(TokenProduct.Serves(x, weight));
        Tensor product = Linear.Of(x, weight, biased ? bias : null);
        Assert.That(product.shape, Is.EqualTo(new[] { rows, 1, outputs }));
        Assert.That((product - expected).abs().max().item<double>(), Is.LessThan(1e-5 * Math.Sqrt(inputs)));
    }

    // the company a row has changes nothing but how many are computed together
    [Test]
    public void A_rows_product_is_the_same_bit_for_bit_on_any_number_of_threads()
    {
        Tensor x = Random(8, 1, 256), weight = Random(300, 256);
        using IDisposable noGrad = no_grad();
        int threads = get_num_threads();
        try
        {
            set_num_threads(1);
            Tensor one = Linear.Of(x, weight);
            set_num_threads(3);
            Assert.That(Linear.Of(x, weight).equal(one).all().item<bool>());
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    [Test]
    public void Only_one_token_of_each_row_without_a_gradient_is_served()
    {
        Tensor x = Random(4, 1, 32), weight = Random(5, 32);
        Assert.That(TokenProduct.Serves(x, weight), Is.False, "a gradient may be asked for");
        using IDisposable noGrad = no_grad();
        Assert.That(TokenProduct.Serves(x, weight));
        Assert.That(TokenProduct.Serves(Random(4, 2, 32), weight), Is.False);
        Assert.That(TokenProduct.Serves(Random(TokenProduct.MostRows + 1, 1, 32), weight), Is.False);
        Assert.That(TokenProduct.Serves(Random(4, 32), weight), Is.False);
        Assert.That(TokenProduct.Serves(Random(4, 1, 24), Random(5, 24)), Is.False, "not of whole vectors");
        Assert.That(TokenProduct.Serves(x.to(ScalarType.Float64), weight.to(ScalarType.Float64)), Is.False);
        Assert.That(TokenProduct.Serves(x, Random(32, 5).t()), Is.False);
    }

    [Test]
    public void A_call_leaves_nothing_but_its_result_alive()
    {
        Tensor x = Random(4, 1, 32), weight = Random(5, 32);
        using IDisposable noGrad = no_grad();
        DisposeScopeManager.Statistics.Reset();
        Linear.Of(x, weight);
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.EqualTo(1));
    }

    private Tensor Random(params long[] shape) => randn(shape, generator: _generator);
}
