using Alignment.Bench.Measuring;
using Alignment.Models;

namespace Alignment.Bench.Inputs;

/// <summary>A Phi-3 whose checkpoint is loaded.</summary>
/// <param name="Name">Its size in words.</param>
/// <param name="Config">Its shape.</param>
internal sealed record CheckpointSize(string Name, DecoderConfig Config) : IBenchmarkSize
{
    /// <summary>The benchmarks' model, 20 MB.</summary>
    public static CheckpointSize Small { get; } = new("20 MB", BenchModel.Config);

    /// <summary>Phi-3's vocabulary and a width of 1024: 330 MB.</summary>
    public static CheckpointSize Large { get; } = new("330 MB", BenchModel.Config with
    {
        Shape = BenchModel.Config.Shape with { Vocabulary = 32064, Width = 1024, Layers = 2, Heads = 16, KeyValueHeads = 4, MlpWidth = 2048 },
    });

    /// <summary>Bytes of the weights.</summary>
    public Work Of(string method) => new(Bytes: sizeof(float) * Parameters(Config.Shape));

    public override string ToString() => Name;

    private static double Parameters(ModelShape shape)
    {
        long headWidth = shape.Width / shape.Heads;
        long layer = shape.Width * (2 * shape.Width + 2 * shape.KeyValueHeads * headWidth + 3 * shape.MlpWidth + 2);
        return 2.0 * shape.Vocabulary * shape.Width + shape.Layers * layer + shape.Width;
    }
}
