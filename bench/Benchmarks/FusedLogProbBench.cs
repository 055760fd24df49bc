using Alignment.Bench.Inputs;
using Alignment.Bench.Measuring;
using Alignment.Kernels.LogProbs;
using Alignment.Kernels.Native;
using BenchmarkDotNet.Attributes;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Bench;

/// <summary>Log-probabilities from hidden states and head: chunks of logits that come and go, against all logits at once.</summary>
public class FusedLogProbBench
{
    private DisposeScope _scope = null!;
    private Tensor _rows = null!, _head = null!, _targets = null!, _gradient = null!;

    [ParamsSource(nameof(Sizes))]
    public object Size { get; set; } = null!;

    public static IEnumerable<object> Sizes =>
        [new HeadSize(2048, 256, 4096), new HeadSize(2048, 512, 32064), new HeadSize(512, 512, 128256), new HeadSize(1024, 2048, 32064)];

    [GlobalSetup]
    public void Setup()
    {
        (long rows, long width, long vocabulary) = (HeadSize)Size;
        _scope = NewDisposeScope();
        using var generator = new Generator(1);
        _rows = (randn([rows, width], generator: generator) / Math.Sqrt(width)).to(BenchDevice.Current).requires_grad_();
        _head = randn([vocabulary, width], generator: generator).to(BenchDevice.Current).requires_grad_();
        _targets = randint(0, vocabulary, [rows], ScalarType.Int64, generator: generator).to(BenchDevice.Current);
        _gradient = randn([rows], generator: generator).to(BenchDevice.Current);
        RequireSameNumbers();
    }

    [GlobalCleanup]
    public void Free() => _scope.Dispose();

    [Benchmark(Baseline = true), BenchmarkCategory("LogProb", "FusedForward")]
    public double PlainFused()
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        return BenchDevice.Finish(Plain());
    }

    [Benchmark, BenchmarkCategory("LogProb", "FusedForward")]
    public double Fused()
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        return BenchDevice.Finish(ChunkedLogProbs.Of(_rows, _head, _targets));
    }

    [Benchmark(Baseline = true), BenchmarkCategory("LogProb", "FusedBoth")]
    public double PlainBoth() => Both(Plain);

    /// <summary>As the library chooses: chunks, or all logits kept where they are few.</summary>
    [Benchmark, BenchmarkCategory("LogProb", "FusedBoth")]
    public double FusedBoth() => Both(() => ChunkedLogProbs.Of(_rows, _head, _targets));

    /// <summary>All logits kept for the backward pass, whatever their number.</summary>
    [Benchmark, BenchmarkCategory("LogProb", "FusedBoth"), Untracked]
    public double KeptBoth() => Both(() => ChunkedLogProbs.Of(_rows, _head, _targets, long.MaxValue));

    /// <summary>Sixteen chunks, whatever their size: each is computed twice.</summary>
    [Benchmark, BenchmarkCategory("LogProb", "FusedBoth"), Untracked]
    public double ChunkedBoth() => Both(() => ChunkedLogProbs.Of(_rows, _head, _targets, _rows.shape[0] * _head.shape[0] / 16));

    private Tensor Plain() => nn.functional.log_softmax(nn.functional.linear(_rows, _head), -1).gather(1, _targets.unsqueeze(1)).squeeze(1);

    private double Both(Func<Tensor> logProbs)
    {
        using var scope = NewDisposeScope();
        (_rows.grad, _head.grad) = (null, null);
        autograd.backward([logProbs()], [_gradient]);
        BackwardFailure.Rethrow();
        return BenchDevice.Finish(_head.grad!);
    }

    private void RequireSameNumbers()
    {
        using var scope = NewDisposeScope();
        Agreement.Require("log-probs", ChunkedLogProbs.Of(_rows, _head, _targets), Plain(), 1e-6);
        Both(Plain);
        (Tensor rows, Tensor head) = (_rows.grad!.clone(), _head.grad!.clone());
        FusedBoth();
        Agreement.Require("the rows' gradient", _rows.grad!, rows, 1e-5);
        Agreement.Require("the head's gradient", _head.grad!, head, 1e-5);
    }
}
