using Alignment.Data;
using Alignment.Files;
using Alignment.Models;
using Alignment.Models.NeoX;
using Alignment.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Gpu;

/// <summary>Models of a few thousand parameters and random data for them: the same numbers on every device.</summary>
internal static class MicroModels
{
    public const int Vocabulary = 61;

    /// <summary>A policy on a device; two query heads share a key head.</summary>
    public static Decoder Policy(Device device, ulong seed = 1)
    {
        Decoder model = Policy(Placement.Host, seed);
        model.to(device);
        return model;
    }

    /// <summary>The same policy, made where it is to be, in any precision.</summary>
    public static Decoder Policy(Placement place, ulong seed = 1) => Decoder.Initialised(new DecoderConfig
    {
        Shape = new ModelShape { Vocabulary = Vocabulary, Width = 64, Layers = 2, Heads = 4, KeyValueHeads = 2, MlpWidth = 96, MaxPositions = 128 },
        InitialDeviation = 0.2,
    }, seed, place);

    /// <summary>A reward model on a device.</summary>
    public static NeoXReward Reward(Device device, RewardPooling pooling)
    {
        NeoXReward model = NeoXReward.Create(new NeoXConfig
        {
            Vocabulary = Vocabulary,
            Width = 64,
            Layers = 2,
            Heads = 4,
            MlpWidth = 128,
            RotaryFraction = 0.5,
            InitializerRange = 0.2,
            Pooling = pooling,
        }, 9);
        model.to(device);
        return model;
    }

    /// <summary>Pairs of random tokens and uneven lengths.</summary>
    public static TokenizedPair[] Pairs(int count)
    {
        var random = new SeededRandom(7, "gpu/pairs");
        return [.. Enumerable.Range(1, count).Select(line =>
            new TokenizedPair($"pairs.jsonl:{line}", Tokens(random, 3, 9), Tokens(random, 1, 20), Tokens(random, 1, 20), false, false))];
    }

    /// <summary>Random rows of 4 to 30 tokens.</summary>
    public static int[][] Rows(int count)
    {
        var random = new SeededRandom(8, "gpu/rows");
        return [.. Enumerable.Range(0, count).Select(_ => Tokens(random, 4, 30))];
    }

    /// <summary>
    /// A constant rate, and an epsilon above the gradients' rounding: Adam's first step is gradient / (|gradient| + epsilon), so a gradient that is
    /// zero but for rounding would otherwise move its weight by the whole rate, up or down.
    /// </summary>
    public static TrainingSettings Settings(int batchSize, int epochs = 1) => new()
    {
        LearningRate = 1e-2,
        Epochs = epochs,
        BatchSize = batchSize,
        Seed = 3,
        Schedule = new(ScheduleShape.Constant, 0),
        WeightDecay = 0.01,
        Epsilon = 1e-3,
    };

    private static int[] Tokens(SeededRandom random, int shortest, int longest) =>
        [.. Enumerable.Range(0, shortest + random.NextInt(longest - shortest + 1)).Select(_ => random.NextInt(Vocabulary))];
}
