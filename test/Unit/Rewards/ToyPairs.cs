using Alignment.Files;
using Alignment.Models.NeoX;
using Alignment.Rewards;

namespace Alignment.Tests.Unit.Rewards;

/// <summary>Random rows in which token 3 is good and token 4 is bad; the chosen row has the better balance.</summary>
internal static class ToyPairs
{
    public const int Vocabulary = 10;

    public static NeoXConfig Config { get; } = new()
    {
        Vocabulary = Vocabulary,
        Width = 16,
        Layers = 1,
        Heads = 2,
        MlpWidth = 32,
        RotaryFraction = 0.5,
        InitializerRange = 0.1,
        Pooling = RewardPooling.Mean,
    };

    public static RewardTrainingSettings Settings { get; } = new() { Epochs = 5, LearningRate = 1e-2, Dropout = 0.05, MaxLength = 12, Seed = 3 };

    public static RewardPair[] Draw(int count, string stream)
    {
        var random = new SeededRandom(11, stream);
        var pairs = new List<RewardPair>();
        while (pairs.Count < count)
        {
            int[] a = Row(random), b = Row(random);
            if (Balance(a) != Balance(b))
                pairs.Add(Balance(a) > Balance(b) ? new(Name(), a, b) : new(Name(), b, a));
        }
        return [.. pairs];

        string Name() => $"{stream} {pairs.Count}";
    }

    public static int[] Row(SeededRandom random) => [.. Enumerable.Range(0, 4 + random.NextInt(8)).Select(_ => random.NextInt(Vocabulary))];

    private static double Balance(int[] row) => (row.Count(id => id == 3) - row.Count(id => id == 4)) / (double)row.Length;
}
