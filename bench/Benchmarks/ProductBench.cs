using Alignment.Bench.Inputs;
using Alignment.Bench.Measuring;
using Alignment.Kernels.Native;
using BenchmarkDotNet.Attributes;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Bench;

/// <summary>Matrix products through both libraries that libtorch carries: which one a processor is better served by (see <see cref="OneDnn"/>).</summary>
[BenchmarkCategory("Product")]
public class ProductBench
{
    private DisposeScope _scope = null!;
    private Tensor _rows = null!, _weight = null!;

    [ParamsSource(nameof(Sizes))]
    public object Size { get; set; } = null!;

    // a token of 16 responses, a training batch, a head
    public static IEnumerable<object> Sizes =>
        [new HeadSize(16, 256, 1312), new HeadSize(1024, 256, 512), new HeadSize(1024, 256, 1312), new HeadSize(1024, 656, 256), new HeadSize(512, 512, 32064)];

    [GlobalSetup]
    public void Setup()
    {
        (long rows, long width, long outputs) = (HeadSize)Size;
        _scope = NewDisposeScope();
        using var generator = new Generator(1);
        (_rows, _weight) = (randn([rows, width], generator: generator), randn([outputs, width], generator: generator));
        using var scope = NewDisposeScope();
        Agreement.Require("the product", OneDnn.Product(_rows, _weight), nn.functional.linear(_rows, _weight), 1e-5);
    }

    [GlobalCleanup]
    public void Free() => _scope.Dispose();

    [Benchmark(Baseline = true)]
    public double Linear()
    {
        using var scope = NewDisposeScope();
        return BenchDevice.Finish(nn.functional.linear(_rows, _weight));
    }

    [Benchmark, Untracked]
    public double OneDnnProduct()
    {
        using var scope = NewDisposeScope();
        return BenchDevice.Finish(OneDnn.Product(_rows, _weight));
    }

    /// <summary>As the library chooses.</summary>
    [Benchmark]
    public double Chosen()
    {
        using var scope = NewDisposeScope();
        return BenchDevice.Finish(Kernels.Layers.Linear.Of(_rows, _weight));
    }
}
