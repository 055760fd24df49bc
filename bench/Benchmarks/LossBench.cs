using Alignment.Bench.Inputs;
using Alignment.Bench.Measuring;
using Alignment.Objectives;
using BenchmarkDotNet.Attributes;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace Alignment.Bench;

/// <summary>The losses over pairs and their gradient with respect to the policy's sums.</summary>
public class LossBench
{
    private static readonly Dpo s_dpo = new(0.1);
    private static readonly LnDpo s_lnDpo = new(2);
    private static readonly SimPo s_simPo = new(2, 1);

    private DisposeScope _scope = null!;
    private PairLogProbs _pairs = null!;

    [ParamsSource(nameof(Sizes))]
    public object Size { get; set; } = null!;

    public static IEnumerable<object> Sizes => [new LossSize(8), new LossSize(64), new LossSize(512), new LossSize(1024), new LossSize(16384)];

    [GlobalSetup]
    public void Setup()
    {
        _scope = NewDisposeScope();
        using var generator = new Generator(1);
        long pairs = ((LossSize)Size).Pairs;
        _pairs = new PairLogProbs
        {
            Chosen = Sums().requires_grad_(),
            Rejected = Sums().requires_grad_(),
            ChosenCounts = Counts(),
            RejectedCounts = Counts(),
            ReferenceChosen = Sums(),
            ReferenceRejected = Sums(),
        };
        Agreement.Require("DPO", Dpo(), PlainDpo(), 1e-5);
        Agreement.Require("LN-DPO", LnDpo(), PlainLnDpo(), 1e-5);
        Agreement.Require("SimPO", SimPo(), PlainSimPo(), 1e-5);

        Tensor Sums() => (randn([pairs], generator: generator) * 10 - 60).to(BenchDevice.Current);
        Tensor Counts() => randint(1, 100, [pairs], ScalarType.Int64, generator: generator).to(BenchDevice.Current);
    }

    [GlobalCleanup]
    public void Free() => _scope.Dispose();

    [Benchmark(Baseline = true), BenchmarkCategory("Loss", "DPO")]
    public double PlainDpo() => Gradient(() => Plain(0.1 * (_pairs.Chosen - _pairs.ReferenceChosen!), 0.1 * (_pairs.Rejected - _pairs.ReferenceRejected!), 0));

    [Benchmark, BenchmarkCategory("Loss", "DPO")]
    public double Dpo() => Gradient(() => s_dpo.Loss(_pairs));

    [Benchmark(Baseline = true), BenchmarkCategory("Loss", "LN-DPO")]
    public double PlainLnDpo() => Gradient(() => Plain(2 * (_pairs.Chosen - _pairs.ReferenceChosen!) / _pairs.ChosenCounts,
        2 * (_pairs.Rejected - _pairs.ReferenceRejected!) / _pairs.RejectedCounts, 0));

    [Benchmark, BenchmarkCategory("Loss", "LN-DPO")]
    public double LnDpo() => Gradient(() => s_lnDpo.Loss(_pairs));

    [Benchmark(Baseline = true), BenchmarkCategory("Loss", "SimPO")]
    public double PlainSimPo() => Gradient(() => Plain(2 * _pairs.Chosen / _pairs.ChosenCounts, 2 * _pairs.Rejected / _pairs.RejectedCounts, 1));

    [Benchmark, BenchmarkCategory("Loss", "SimPO")]
    public double SimPo() => Gradient(() => s_simPo.Loss(_pairs));

    // as TRL composes them: rewards are logged, too
    private static PairLosses Plain(Tensor chosenRewards, Tensor rejectedRewards, double gamma) =>
        new(-logsigmoid(chosenRewards - rejectedRewards - gamma), chosenRewards.detach(), rejectedRewards.detach());

    // the gradient of the first chosen sum: it follows from the loss, so it shows both
    private double Gradient(Func<PairLosses> losses)
    {
        using var scope = NewDisposeScope();
        (_pairs.Chosen.grad, _pairs.Rejected.grad) = (null, null);
        losses().Losses.sum().backward();
        return BenchDevice.Finish(_pairs.Chosen.grad!);
    }
}
