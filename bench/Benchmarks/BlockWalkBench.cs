using Alignment.Bench.Inputs;
using Alignment.Bench.Measuring;
using Alignment.Models;
using Alignment.Objectives;
using Alignment.Training;
using BenchmarkDotNet.Attributes;
using static TorchSharp.torch;

namespace Alignment.Bench;

/// <summary>The gradient of 4 pairs through 24 blocks: activations kept, or computed again.</summary>
[BenchmarkCategory("BlockWalk")]
public class BlockWalkBench
{
    private const int Pairs = 4, Blocks = 24;

    private Decoder _model = null!;
    private PreferenceGoal _goal = null!;

    [GlobalSetup]
    public void Setup()
    {
        _model = BenchModel.Create(BenchModel.Config with { Shape = BenchModel.Config.Shape with { Layers = Blocks } });
        _goal = new PreferenceGoal(new SimPo(2, 1), PairSet.Equal128(Pairs).Pairs(BenchModel.Vocabulary), reference: null);
        Dictionary<string, Tensor> kept = Gradients(recompute: false);
        foreach ((string name, Tensor gradient) in Gradients(recompute: true))
            Agreement.Require(name, gradient, kept[name], 0);
    }

    [GlobalCleanup]
    public void Free() => _model.Dispose();

    [Benchmark(Baseline = true)]
    public double PlainAutograd() => Gradient(recompute: false);

    [Benchmark]
    public double Walk() => Gradient(recompute: true);

    private Dictionary<string, Tensor> Gradients(bool recompute)
    {
        foreach (Tensor parameter in _model.parameters())
            parameter.grad = null;
        Gradient(recompute);
        return _model.named_parameters().ToDictionary(item => item.name, item => item.parameter.grad!.clone());
    }

    private double Gradient(bool recompute)
    {
        double loss = new BatchGradient(_model, _goal, new() { MicroBatch = Pairs, Device = BenchDevice.Current, Recompute = recompute })
            .Add([.. Enumerable.Range(0, Pairs)]).Loss;
        BenchDevice.Finish();
        return loss;
    }
}
