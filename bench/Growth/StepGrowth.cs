using Alignment.Bench.Inputs;
using Alignment.Bench.Measuring;
using Alignment.Data;
using Alignment.Kernels.Optimiser;
using Alignment.Models;
using Alignment.Objectives;
using Alignment.Training;
using static TorchSharp.torch;

namespace Alignment.Bench.Growth;

/// <summary>A DPO step of pairs of 128 tokens a sequence, at growing batches, widths and vocabularies.</summary>
internal sealed class StepGrowth : IDisposable
{
    private const int Pairs = 8, TokensAPair = 256;

    private readonly Decoder _model;
    private readonly FusedAdamW _optimiser;
    private readonly PreferenceGoal _goal;

    private StepGrowth(ModelShape shape, int pairs)
    {
        TokenizedPair[] data = PairSet.Equal128(pairs).Pairs((int)shape.Vocabulary);
        _model = BenchModel.Create(BenchModel.Config with { Shape = shape });
        _goal = new PreferenceGoal(new Dpo(0.1), data, ReferencePass.Compute(_model, data, Speed));
        _optimiser = new FusedAdamW(_model.Trained.Select(item => (item.Key, item.Value)), new AdamWRates { WeightDecay = 0 });
    }

    /// <summary>The three series.</summary>
    public static IReadOnlyList<GrowthSeries> All { get; } =
    [
        new("step over tokens", "tokens a batch", "", [.. new[] { 2, 4, 8, 16, 32 }.Select(pairs => Point(TokensAPair * pairs, BenchModel.Config.Shape, pairs))]),
        new("step over width", "width", "a layer's matrices have width² numbers, in products, gradients and optimiser: the exponent goes from 1 to 2 as they outweigh all that is linear in the width",
            [.. new[] { 64, 128, 256, 512 }.Select(width => Point(width, BenchModel.Config.Shape with { Width = width, MlpWidth = width * 5 / 2 }, Pairs))]),
        new("step over vocabulary", "tokens of the vocabulary", "", [.. new[] { 1024, 4096, 16384, 65536 }.Select(size => Point(size, BenchModel.Config.Shape with { Vocabulary = size }, Pairs))]),
    ];

    private static SpeedSettings Speed => new() { Device = BenchDevice.Current };

    public void Dispose()
    {
        _optimiser.Dispose();
        _model.Dispose();
    }

    private static GrowthPoint Point(double size, ModelShape shape, int pairs) => new(size, () =>
    {
        var step = new StepGrowth(shape, pairs);
        return (step.Once, step);
    });

    private void Once()
    {
        using var scope = NewDisposeScope();
        new BatchGradient(_model, _goal, Speed).Add([.. Enumerable.Range(0, _goal.Rows.Count)]);
        GradientNorm.Clip(_optimiser.Gradients(), 1);
        _optimiser.Step(1e-6);
        _optimiser.ZeroGradients();
        BenchDevice.Finish();
    }
}
