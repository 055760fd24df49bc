using Alignment.Data;
using Alignment.Files;
using Alignment.Models;
using Alignment.Training;
using TorchSharp;

namespace Alignment.Tests.Unit.Training;

/// <summary>A Phi-3 of a few thousand parameters and random pairs; everything a training run needs, in milliseconds.</summary>
internal static class Micro
{
    public const int Vocabulary = 48;

    public static DecoderConfig Config { get; } = new()
    {
        Shape = new ModelShape { Vocabulary = Vocabulary, Width = 16, Layers = 2, Heads = 2, KeyValueHeads = 1, MlpWidth = 24, MaxPositions = 128 },
        InitialDeviation = 0.3,
    };

    public static Decoder Model(ulong seed = 1) => Decoder.Initialised(Config, seed);

    public static TokenizedPair[] Pairs(int count, ulong seed = 7)
    {
        var random = new SeededRandom(seed, "test/pairs");
        return [.. Enumerable.Range(1, count).Select(line =>
            new TokenizedPair($"pairs.jsonl:{line}", Tokens(3, 9), Tokens(1, 12), Tokens(1, 12), false, false))];

        int[] Tokens(int shortest, int longest)
        {
            int length = shortest + random.NextInt(longest - shortest + 1);
            return [.. Enumerable.Range(0, length).Select(_ => random.NextInt(Vocabulary))];
        }
    }

    public static TrainingSettings Settings(int batchSize = 8, double learningRate = 1e-2, int epochs = 2) => new()
    {
        LearningRate = learningRate,
        Epochs = epochs,
        BatchSize = batchSize,
        Seed = 3,
        Schedule = new(ScheduleShape.Cosine, 0.2),
        WeightDecay = 0.01,
    };

    public static Dictionary<string, float[]> Weights(ILanguageModel model) =>
        model.Module.named_parameters().ToDictionary(item => item.name, item => Numbers(item.parameter));

    public static float[] Numbers(torch.Tensor tensor)
    {
        using torch.Tensor host = tensor.detach().cpu();
        using torch.Tensor packed = host.contiguous();
        return packed.data<float>().ToArray();
    }
}
