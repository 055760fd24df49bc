using Alignment.Files;
using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Models;

/// <summary>A decoder small enough to test by the dozen: three query heads share each key head.</summary>
internal static class TinyPhi3
{
    public const long Vocabulary = 29;

    public static DecoderConfig Config { get; } = new()
    {
        Shape = new ModelShape { Vocabulary = Vocabulary, Width = 48, Layers = 2, Heads = 6, KeyValueHeads = 2, MlpWidth = 40, MaxPositions = 64 },
        InitialDeviation = 0.2,
    };

    public static Decoder Model(DecoderConfig? config = null) => Decoder.Initialised(config ?? Config, 7);

    /// <summary>Random rows of the given lengths, as lists of ids.</summary>
    public static long[][] Rows(params int[] lengths)
    {
        var random = new SeededRandom(3, "tokens");
        return [.. lengths.Select(length => Enumerable.Range(0, length).Select(_ => (long)random.NextInt((int)Vocabulary)).ToArray())];
    }

    /// <summary>Tokens and mask of rows padded at the right or at the left, [rows, longest]; padding is token 5.</summary>
    public static (Tensor Tokens, Tensor Mask) Pad(long[][] rows, bool left)
    {
        int longest = rows.Max(row => row.Length);
        Tensor tokens = full(rows.Length, longest, 5, ScalarType.Int64), mask = zeros(rows.Length, longest, ScalarType.Int64);
        for (int i = 0; i < rows.Length; i++)
        {
            long start = left ? longest - rows[i].Length : 0;
            tokens[i].narrow(0, start, rows[i].Length).copy_(tensor(rows[i]));
            mask[i].narrow(0, start, rows[i].Length).fill_(1);
        }
        return (tokens, mask);
    }

    /// <summary>The hidden states of the real tokens of a row, [its length, width].</summary>
    public static Tensor Real(Tensor hidden, Tensor mask, int row) => hidden[row][mask[row].ne(0)];

    public static float Distance(Tensor one, Tensor other) => (one - other).abs().max().item<float>();
}
