using Alignment.Kernels.Native;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.Native;

public class OneDnnTests
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

    [TestCase(1, 1, 1)]
    [TestCase(1, 7, 3)]
    [TestCase(5, 3, 17)]
    [TestCase(33, 129, 65)]
    [TestCase(130, 352, 128)]
    public void One_dnn_gives_the_product_of_rows_and_transposed_columns(long rows, long inner, long outputs)
    {
        Tensor x = Random(rows, inner), columns = Random(outputs, inner), bias = Random(outputs);
        Tensor exact = nn.functional.linear(x.to(ScalarType.Float64), columns.to(ScalarType.Float64));
        double bound = 1e-6 * Math.Sqrt(inner) * 8;
        Assert.That((OneDnn.Product(x, columns) - exact).abs().max().item<double>(), Is.LessThan(bound));
        Assert.That((OneDnn.Product(x, columns, bias) - exact - bias).abs().max().item<double>(), Is.LessThan(bound));
        Assert.That((OneDnn.Product(x.t().contiguous().t(), columns.t().contiguous().t()) - exact).abs().max().item<double>(), Is.LessThan(bound));
    }

    private Tensor Random(params long[] shape) => randn(shape, generator: _generator);
}
