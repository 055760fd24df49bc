using Alignment.Bench.Inputs;
using Alignment.Bench.Measuring;
using Alignment.Bench.Plain;
using Alignment.Data;
using Alignment.Kernels.Native;
using Alignment.Kernels.Optimiser;
using Alignment.Models;
using Alignment.Objectives;
using Alignment.Training;
using BenchmarkDotNet.Attributes;
using static TorchSharp.torch;

namespace Alignment.Bench;

/// <summary>DPO optimiser steps of 8 pairs: forward, backward, clipping, AdamW; all batches of a set in one call.</summary>
[BenchmarkCategory("TrainStep")]
public class TrainStepBench
{
    private const int Pairs = 48, BatchSize = 8;
    private const double Beta = 0.1, LearningRate = 1e-6;

    private Decoder _model = null!;
    private PlainDecoder _plainModel = null!, _trlModel = null!;
    private PlainTrainingStep _plain = null!;
    private TrlTrainingStep _trl = null!;
    private FusedAdamW _optimiser = null!;
    private PreferenceGoal _goal = null!;
    private ModelProducts _products = null!;

    [ParamsSource(nameof(Sets))]
    public object Set { get; set; } = null!;

    public static IEnumerable<object> Sets => [PairSet.Hh256(Pairs), PairSet.Hh128(Pairs), PairSet.Equal128(Pairs)];

    [GlobalSetup]
    public void Setup()
    {
        TokenizedPair[] pairs = ((PairSet)Set).Pairs(BenchModel.Vocabulary);
        _model = BenchModel.Create();
        _products = BenchModel.CreateProducts();
        ReferenceLogProbs reference = ReferencePass.Compute(_model, pairs, Speed);
        _goal = new PreferenceGoal(new Dpo(Beta), pairs, reference);
        _optimiser = new FusedAdamW(_model.Trained.Select(item => (item.Key, item.Value)), new AdamWRates { WeightDecay = 0 });
        float[] margins = [.. reference.ChosenSums.Zip(reference.RejectedSums, (chosen, rejected) => chosen - rejected)];
        (_plainModel, _trlModel) = (PlainDecoder.Eager(_model), PlainDecoder.Sdpa(_model));
        (_plain, _trl) = (new(_plainModel, pairs, margins, Beta), new(_trlModel, pairs, margins, Beta));
        RequireSameGradient(_plainModel, _plain.Gradient(0, BatchSize));
        RequireSameGradient(_trlModel, _trl.Gradient(0, BatchSize));
    }

    [GlobalCleanup]
    public void Free()
    {
        _trl.Dispose();
        _plain.Dispose();
        _trlModel.Dispose();
        _plainModel.Dispose();
        _optimiser.Dispose();
        _products.Dispose();
        _model.Dispose();
    }

    /// <summary>As TRL composes it: what people run.</summary>
    [Benchmark(Baseline = true), Limit(nameof(ProductsAlone))]
    public double TrlSteps() => Steps(_trl.Step);

    /// <summary>By the formulas: the twin.</summary>
    [Benchmark, Untracked, Limit(nameof(ProductsAlone))]
    public double PlainSteps() => Steps(_plain.Step);

    [Benchmark, Limit(nameof(ProductsAlone))]
    public double Steps() => Steps(Gradient);

    /// <summary>The library's kernels, but every batch padded and every prompt computed twice.</summary>
    [Benchmark, Untracked, Limit(nameof(ProductsAlone))]
    public double PaddedSteps() => Steps(PaddedGradient);

    /// <summary>Nothing but the matrix products that the steps need: of tokens that are computed, each prompt once, and of their gradients.</summary>
    [Benchmark, Untracked]
    public double ProductsAlone() => ((PairSet)Set).Lengths.Chunk(BatchSize).Sum(batch => _products.Both(PairSet.Needed(batch)));

    private static SpeedSettings Speed => new() { Device = BenchDevice.Current };

    private static double Steps(Func<int, int, double> step)
    {
        double loss = 0;
        for (int first = 0; first < Pairs; first += BatchSize)
            loss += step(first, BatchSize);
        BenchDevice.Finish();
        return loss;
    }

    private double Steps(Func<int, double> gradient)
    {
        double loss = 0;
        for (int first = 0; first < Pairs; first += BatchSize)
        {
            using var scope = NewDisposeScope();
            loss += gradient(first);
            GradientNorm.Clip(_optimiser.Gradients(), 1);
            _optimiser.Step(LearningRate);
            _optimiser.ZeroGradients();
        }
        BenchDevice.Finish();
        return loss;
    }

    private double PaddedGradient(int first)
    {
        using var scope = NewDisposeScope();
        int[] rows = [.. Enumerable.Range(first, BatchSize)];
        Tensor loss = _goal.Loss(SequenceScoring.Padded(_model, _goal.Sequences(rows), BenchDevice.Current), rows, rows).Sum / BatchSize;
        loss.backward();
        BackwardFailure.Rethrow();
        return loss.item<float>();
    }

    private double Gradient(int first) => new BatchGradient(_model, _goal, Speed).Add([.. Enumerable.Range(first, BatchSize)]).Loss;

    private void RequireSameGradient(PlainDecoder plain, double loss)
    {
        using var scope = NewDisposeScope();
        Agreement.Require("the loss", Gradient(0), loss, 1e-4);
        foreach ((Tensor own, Tensor other) in _model.parameters().Zip(plain.Parameters))
            Agreement.Require("a gradient", own.grad!, other.grad!, 1e-5);
        _optimiser.ZeroGradients();
    }
}
