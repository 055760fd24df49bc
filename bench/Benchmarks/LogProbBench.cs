using Alignment.Bench.Inputs;
using Alignment.Bench.Measuring;
using Alignment.Kernels.LogProbs;
using BenchmarkDotNet.Attributes;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Bench;

/// <summary>Log-probabilities of targets from logits, and the gradient of the logits: one pass over memory against log_softmax and gather.</summary>
public class LogProbBench
{
    private DisposeScope _scope = null!;
    private Tensor _logits = null!, _targets = null!, _gradient = null!;
    private TokenSums _sums = null!;
    private Tensor _leaf = null!, _graph = null!; // of the baseline's backward pass

    [ParamsSource(nameof(Sizes))]
    public object Size { get; set; } = null!;

    public static IEnumerable<object> Sizes => [new LogitSize(2048, 4096), new LogitSize(2048, 32064), new LogitSize(512, 128256)];

    [GlobalSetup]
    public void Setup()
    {
        (long rows, long vocabulary) = (LogitSize)Size;
        _scope = NewDisposeScope();
        using var generator = new Generator(1);
        _logits = randn([rows, vocabulary], generator: generator);
        _targets = randint(0, vocabulary, [rows], ScalarType.Int64, generator: generator);
        _gradient = randn([rows], generator: generator);
        _sums = new TokenSums(empty(rows), empty(rows, ScalarType.Float64));
        RequireSameNumbers();
    }

    [GlobalSetup(Target = nameof(PlainBackward))]
    public void SetupGraph()
    {
        Setup();
        _leaf = _logits.requires_grad_();
        _graph = Plain();
    }

    [GlobalCleanup]
    public void Free() => _scope.Dispose();

    [Benchmark(Baseline = true), BenchmarkCategory("LogProb", "Forward"), Limit(nameof(ReadMemory))]
    public double PlainForward()
    {
        using var scope = NewDisposeScope();
        return BenchDevice.Finish(Plain());
    }

    [Benchmark, BenchmarkCategory("LogProb", "Forward"), Limit(nameof(ReadMemory))]
    public double Forward()
    {
        using var scope = NewDisposeScope();
        return BenchDevice.Finish(LogProbs(_logits));
    }

    [Benchmark, BenchmarkCategory("LogProb", "Forward"), Untracked]
    public double ReadMemory() => MemoryTraffic.Read(_logits);

    [Benchmark(Baseline = true), BenchmarkCategory("LogProb", "Backward"), Limit(nameof(WriteMemory))]
    public double PlainBackward()
    {
        using var scope = NewDisposeScope();
        _leaf.grad = null;
        autograd.backward([_graph], [_gradient], retain_graph: true);
        return BenchDevice.Finish(_leaf.grad!);
    }

    // in place: the next call finds a gradient where the logits were, and takes as long
    [Benchmark, BenchmarkCategory("LogProb", "Backward"), Limit(nameof(WriteMemory))]
    public double Backward()
    {
        LogProbRows.Backward(_logits, _targets, 0, new(_sums.Normalisers, _gradient));
        return BenchDevice.Finish(_logits);
    }

    [Benchmark, BenchmarkCategory("LogProb", "Backward"), Untracked]
    public double WriteMemory()
    {
        MemoryTraffic.Write(_logits);
        return BenchDevice.Finish(_logits);
    }

    private Tensor LogProbs(Tensor logits)
    {
        _sums.Normalisers.fill_(double.NegativeInfinity);
        LogProbRows.Add(logits, _targets, 0, _sums);
        return _sums.LogProbs();
    }

    private Tensor Plain() => nn.functional.log_softmax(_logits, -1).gather(1, _targets.unsqueeze(1)).squeeze(1);

    private void RequireSameNumbers()
    {
        using var scope = NewDisposeScope();
        Tensor leaf = _logits.clone().requires_grad_(), own = _logits.clone();
        Tensor plain = nn.functional.log_softmax(leaf, -1).gather(1, _targets.unsqueeze(1)).squeeze(1);
        autograd.backward([plain], [_gradient]);
        Agreement.Require("log-probs", LogProbs(own), plain, 1e-6);
        LogProbRows.Backward(own, _targets, 0, new(_sums.Normalisers, _gradient));
        Agreement.Require("their gradient", own, leaf.grad!, 1e-6);
    }
}
