using Alignment.Bench.Inputs;
using Alignment.Bench.Measuring;
using Alignment.Bench.Plain;
using Alignment.Data;
using Alignment.Kernels.LogProbs;
using Alignment.Models;
using Alignment.Training;
using BenchmarkDotNet.Attributes;
using static TorchSharp.torch;

namespace Alignment.Bench;

/// <summary>Log-probs of pairs under the frozen reference model.</summary>
[BenchmarkCategory("ReferencePass")]
public class ReferencePassBench
{
    private const int PairCount = 64, Together = 16;

    private Decoder _model = null!;
    private PlainDecoder _plain = null!;
    private TokenizedPair[] _pairs = null!;

    [ParamsSource(nameof(Sets))]
    public object Set { get; set; } = null!;

    public static IEnumerable<object> Sets => [PairSet.Hh256(PairCount), PairSet.Equal128(PairCount)];

    [GlobalSetup]
    public void Setup()
    {
        _pairs = ((PairSet)Set).Pairs(BenchModel.Vocabulary);
        _model = BenchModel.Create();
        _plain = new PlainDecoder(_model);
        ReferenceLogProbs own = Own();
        using var scope = NewDisposeScope();
        Agreement.Require("the chosen sums", tensor(own.ChosenSums), tensor(Plain().Chosen), 1e-5);
        Agreement.Require("the rejected sums", tensor(own.RejectedSums), tensor(Plain().Rejected), 1e-5);
    }

    [GlobalCleanup]
    public void Free()
    {
        _plain.Dispose();
        _model.Dispose();
    }

    [Benchmark(Baseline = true)]
    public double PlainPass() => Plain().Chosen[0];

    [Benchmark]
    public double Pass() => Own().ChosenSums[0];

    private ReferenceLogProbs Own() => ReferencePass.Compute(_model, _pairs, new SpeedSettings { MicroBatch = Together, Device = BenchDevice.Current });

    // padded batches in the data's order, log_softmax over all logits
    private (float[] Chosen, float[] Rejected) Plain()
    {
        using IDisposable noGrad = no_grad();
        List<float> chosen = [], rejected = [];
        foreach (TokenizedPair[] batchPairs in _pairs.Chunk(Together))
        {
            using var scope = NewDisposeScope();
            PaddedSequences batch = PaddedSequences.Of(PairSequences.Preference(batchPairs), pad: 0, BenchDevice.Current);
            Tensor sums = PlainLogProbs.Score(_plain.HiddenStates(batch.Tokens, batch.AttentionMask), _plain.Head, batch.Labels).Sums.cpu();
            chosen.AddRange(sums.narrow(0, 0, batchPairs.Length).data<float>().ToArray());
            rejected.AddRange(sums.narrow(0, batchPairs.Length, batchPairs.Length).data<float>().ToArray());
        }
        return ([.. chosen], [.. rejected]);
    }
}
