using Alignment.Kernels.Layers;
using Alignment.Kernels.Native;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.Layers;

public class RowKernelTests
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
    public void The_gradient_of_the_norm_is_that_of_its_formula([Values(1, 15, 16, 40, 128)] long width, [Values(1, 63, 200)] long rows)
    {
        Tensor x = Random(rows, width), weight = Random(width);
        Agree([x, weight], leaves => Aten.RmsNorm(leaves[0], leaves[1], 1e-5), leaves => PlainAten.RmsNorm(leaves[0], leaves[1], 1e-5), 2e-5);
    }

    [Test]
    public void Gated_products_agree_with_their_twin([Values(1, 15, 16, 17, 352)] long inner, [Values(1, 70)] long rows)
    {
        Tensor both = Random(rows, 1, 2 * inner) * 5;
        Agree([both], leaves => SwiGlu.Of(leaves[0]), leaves => SwiGlu.Plain(leaves[0]), 2e-6);
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
    public void An_exception_in_a_part_of_a_loop_is_thrown_by_the_loop()
    {
        Assert.That(() => ParallelRows.For(10, 1, (_, _) => throw new InvalidOperationException("row 3 is bad")),
            Throws.InvalidOperationException.With.Message.EqualTo("row 3 is bad"));
    }

    [Test]
    public void A_loop_covers_every_row_once([Values(0, 1, 7, 1000)] int rows, [Values(1, 64)] int grain)
    {
        int[] visits = new int[rows];
        ParallelRows.For(rows, grain, (begin, end) =>
        {
            for (long row = begin; row < end; row++)
                Interlocked.Increment(ref visits[row]);
        });
        Assert.That(visits, Is.All.EqualTo(1));
    }

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
            SwiGlu.Of(Aten.RmsNorm(x, weight, 1e-5)).sum().backward();
        }
    }

    private static void Agree(Tensor[] inputs, Func<Tensor[], Tensor> ours, Func<Tensor[], Tensor> twin, double bound)
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

    private Tensor Random(params long[] shape) => randn(shape, generator: _generator);
}
