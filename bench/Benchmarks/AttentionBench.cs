using Alignment.Bench.Inputs;
using Alignment.Bench.Measuring;
using Alignment.Kernels.Attention;
using Alignment.Kernels.Native;
using BenchmarkDotNet.Attributes;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Bench;

/// <summary>Attention within packed sequences, forward and backward, 8 heads of 64 that read 4: one loop over all, against a libtorch call per sequence.</summary>
[BenchmarkCategory("TrainStep", "Attention")]
public class AttentionBench
{
    private const long Heads = 8, KeyHeads = 4, HeadWidth = 64;

    private DisposeScope _scope = null!;
    private Tensor _query = null!, _key = null!, _value = null!;
    private PackedMasks _short = null!, _long = null!;

    [ParamsSource(nameof(Sizes))]
    public object Size { get; set; } = null!;

    // as many tokens each, as many as a micro-batch of pairs
    public static IEnumerable<object> Sizes =>
        [new SpanSet(64, 32), new SpanSet(16, 128), new SpanSet(4, ShortAttention.MostKeys), new SpanSet(2, 2 * ShortAttention.MostKeys)];

    [GlobalSetup]
    public void Setup()
    {
        _scope = NewDisposeScope();
        using var generator = new Generator(1);
        var size = (SpanSet)Size;
        (_query, _key, _value) = (Random(Heads), Random(KeyHeads), Random(KeyHeads));
        (_short, _long) = (new(size.Spans, null, []), PackedMasks.Long(size.Spans, null, _query));
        Agreement.Require("the gradient of the keys", Gradient(_short), Gradient(_long), 1e-5);

        Tensor Random(long heads) => randn([1, size.Count * size.Length, heads, HeadWidth], generator: generator).transpose(1, 2).requires_grad_();
    }

    [GlobalCleanup]
    public void Free() => _scope.Dispose();

    [Benchmark(Baseline = true)]
    public double CallPerSpan() => Finished(_long);

    [Benchmark]
    public double OneLoop() => Finished(_short);

    private double Finished(PackedMasks masks)
    {
        using var scope = NewDisposeScope();
        return BenchDevice.Finish(Gradient(masks));
    }

    private Tensor Gradient(PackedMasks masks)
    {
        (_query.grad, _key.grad, _value.grad) = (null, null, null);
        PackedAttention.Of(_query, _key, _value, masks).sum().backward();
        BackwardFailure.Rethrow();
        return _key.grad!;
    }
}
