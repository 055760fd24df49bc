using Alignment.Bench.Measuring;
using Alignment.Files;
using Alignment.Models.NeoX;

namespace Alignment.Bench.Inputs;

/// <summary>Dialogues of random tokens with HH-RLHF's lengths, up to 256 tokens, for a GPT-NeoX judge.</summary>
/// <param name="Rows">How many are scored in a call.</param>
internal sealed record JudgedRows(int Rows) : IBenchmarkSize
{
    public static NeoXConfig Judge { get; } = new() { Vocabulary = BenchModel.Vocabulary, Width = 256, Layers = 4, Heads = 4, MlpWidth = 1024, MaxPositions = 512 };

    /// <summary>The matrix products of a layer.</summary>
    public static IReadOnlyList<(long Inputs, long Outputs)> Products { get; } =
        [(Judge.Width, 3 * Judge.Width), (Judge.Width, Judge.Width), (Judge.Width, Judge.MlpWidth), (Judge.MlpWidth, Judge.Width)];

    /// <summary>Real tokens of all rows.</summary>
    public long Tokens => Lengths.Sum();

    private IEnumerable<long> Lengths => PairLengths.HhRlhf.Take(Rows).Select(pair => Math.Min(256L, pair.Prompt + pair.Chosen));

    public Work Of(string method) => new(Tokens: Tokens, Operations: Tokens * Judge.Layers * Products.Sum(shape => 2.0 * shape.Inputs * shape.Outputs));

    /// <summary>The rows, the same at every call.</summary>
    public int[][] Create()
    {
        var random = new SeededRandom(1, "bench/judged");
        return [.. Lengths.Select(length => Enumerable.Range(0, (int)length).Select(_ => random.NextInt(BenchModel.Vocabulary)).ToArray())];
    }

    public override string ToString() => FormattableString.Invariant($"{Rows} rows");
}
