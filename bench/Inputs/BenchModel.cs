using Alignment.Bench.Measuring;
using Alignment.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Bench.Inputs;

/// <summary>The Phi-3 shape of the benchmarks: 4.9 million parameters, 2.8 of them in the layers, random weights.</summary>
internal static class BenchModel
{
    public const int Vocabulary = 4096;

    public static DecoderConfig Config { get; } = new()
    {
        Shape = new ModelShape { Vocabulary = Vocabulary, Width = 256, Layers = 4, Heads = 4, KeyValueHeads = 2, MlpWidth = 656, MaxPositions = 512 },
    };

    /// <summary>Operations of the layers' matrix products, forward, for one token.</summary>
    public static double LayerOperations => Products.Sum(shape => 2.0 * shape.Inputs * shape.Outputs) * Config.Shape.Layers;

    /// <summary>The matrix products of a layer.</summary>
    public static IReadOnlyList<(long Inputs, long Outputs)> Products { get; } =
    [
        (Config.Shape.Width, Config.Shape.Width + 2 * Config.Shape.KeyValueHeads * Config.Shape.Width / Config.Shape.Heads), // query, key, value
        (Config.Shape.Width, Config.Shape.Width),
        (Config.Shape.Width, 2 * Config.Shape.MlpWidth),
        (Config.Shape.MlpWidth, Config.Shape.Width),
    ];

    /// <summary>A model of its own, the same at every call.</summary>
    public static Decoder Create() => Create(Config);

    /// <summary>Its matrix products alone.</summary>
    public static ModelProducts CreateProducts() => new(Products, Config.Shape.Layers, (Config.Shape.Width, Vocabulary));

    public static Decoder Create(DecoderConfig config)
    {
        Decoder model = Decoder.Initialised(config, 1);
        model.to(BenchDevice.Current);
        return model;
    }

    /// <summary>Gives logits a standard deviation of 4: of every token a trained model has about 3 nats to choose from, where a new one has all 8.3.</summary>
    public static void SpreadLogits(Decoder model)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        model.Head.mul_(4 / (Config.InitialDeviation * Math.Sqrt(model.Shape.Width)));
    }
}
