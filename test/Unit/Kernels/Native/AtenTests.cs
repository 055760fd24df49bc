using Alignment.Kernels.Native;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.Native;

public class AtenTests
{
    private DisposeScope _scope = null!;
    private Generator _generator = null!;

    [SetUp]
    public void Open()
    {
        _scope = NewDisposeScope();
        _generator = new Generator(5);
    }

    [TearDown]
    public void Free()
    {
        _scope.Dispose();
        _generator.Dispose();
    }

    [Test]
    public void Embedding_and_its_gradient_are_those_of_index_select()
    {
        Tensor indices = tensor(new long[] { 3, 0, 3, 2 }), direction = Random(4, 3);
        Tensor own = Random(5, 3).requires_grad_(true), plain = own.detach().clone().requires_grad_(true);
        Tensor actual = Aten.Embedding(own, indices), expected = plain.index_select(0, indices);
        actual.mul(direction).sum().backward();
        expected.mul(direction).sum().backward();
        Assert.That((actual - expected).abs().max().item<double>(), Is.LessThan(1e-12));
        Assert.That((own.grad! - plain.grad!).abs().max().item<double>(), Is.LessThan(1e-12));
    }

    [Test]
    public void A_refused_call_names_the_operator() =>
        Assert.That(() => Aten.Multiply([ones(2, 3)], ones(4)), Throws.InvalidOperationException
            .With.Message.EqualTo("libtorch refused aten::_foreach_mul_.Tensor; the reason is on standard error"));

    [Test]
    public void Calls_leave_nothing_but_their_results_alive()
    {
        Tensor table = Random(5, 3), indices = tensor(new long[] { 3, 0 }), factor = Random(1)[0];
        DisposeScopeManager.Statistics.Reset();
        Aten.Embedding(table, indices);
        Aten.Multiply([table], factor);
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.EqualTo(1));
    }

    private Tensor Random(params long[] shape) => randn(shape, ScalarType.Float64, generator: _generator);
}
