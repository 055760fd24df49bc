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
    private PlainDecoder _plain = null!, _sdpa = null!;
    private TokenizedPair[] _pairs = null!;
    private ModelProducts _products = null!;

    [ParamsSource(nameof(Sets))]
    public object Set { get; set; } = null!;

    public static IEnumerable<object> Sets => [PairSet.Hh256(PairCount), PairSet.Equal128(PairCount)];

    [GlobalSetup]
    public void Setup()
    {
        _pairs = ((PairSet)Set).Pairs(BenchModel.Vocabulary);
        _model = BenchModel.Create();
        _products = BenchModel.CreateProducts();
        (_plain, _sdpa) = (PlainDecoder.Eager(_model), PlainDecoder.Sdpa(_model));
        ReferenceLogProbs own = Own();
        using var scope = NewDisposeScope();
        foreach ((float[] chosen, float[] rejected) in new[] { Plain(), Trl() })
        {
            Agreement.Require("the chosen sums", tensor(own.ChosenSums), tensor(chosen), 1e-5);
            Agreement.Require("the rejected sums", tensor(own.RejectedSums), tensor(rejected), 1e-5);
        }
    }

    [GlobalCleanup]
    public void Free()
    {
        _sdpa.Dispose();
        _plain.Dispose();
        _model.Dispose();
        _products.Dispose();
    }

    /// <summary>As TRL's precomputation composes it: what people run.</summary>
    [Benchmark(Baseline = true), Limit(nameof(ProductsPass))]
    public double TrlPass() => Trl().Chosen[0];

    /// <summary>By the formulas: the twin.</summary>
    [Benchmark, Untracked, Limit(nameof(ProductsPass))]
    public double PlainPass() => Plain().Chosen[0];

    [Benchmark, Limit(nameof(ProductsPass))]
    public double Pass() => Own().ChosenSums[0];

    /// <summary>Nothing but the matrix products that the pass needs, each prompt once.</summary>
    [Benchmark, Untracked]
    public double ProductsPass() => ((PairSet)Set).Lengths.Chunk(Together).Sum(batch => _products.Forward(PairSet.Needed(batch)));

    private ReferenceLogProbs Own() => ReferencePass.Compute(_model, _pairs, new SpeedSettings { MicroBatch = Together, Device = BenchDevice.Current });

    private (float[] Chosen, float[] Rejected) Trl() => InBatches(batchPairs => TrlTrainingStep.Sums(_sdpa, batchPairs));

    // padded batches in the data's order, log_softmax over all logits
    private (float[] Chosen, float[] Rejected) Plain() => InBatches(batchPairs =>
    {
        using var scope = NewDisposeScope();
        PaddedSequences batch = PaddedSequences.Of(PairSequences.Preference(batchPairs), pad: 0, BenchDevice.Current);
        return PlainLogProbs.Score(_plain.HiddenStates(batch.Tokens, batch.AttentionMask), _plain.Head, batch.Labels).Sums.MoveToOuterDisposeScope();
    });

    private (float[] Chosen, float[] Rejected) InBatches(Func<TokenizedPair[], Tensor> sumsOf)
    {
        using IDisposable noGrad = no_grad();
        List<float> chosen = [], rejected = [];
        foreach (TokenizedPair[] batchPairs in _pairs.Chunk(Together))
        {
            using var scope = NewDisposeScope();
            Tensor sums = sumsOf(batchPairs).cpu();
            chosen.AddRange(sums.narrow(0, 0, batchPairs.Length).data<float>().ToArray());
            rejected.AddRange(sums.narrow(0, batchPairs.Length, batchPairs.Length).data<float>().ToArray());
        }
        return ([.. chosen], [.. rejected]);
    }
}
