using Alignment.Kernels.Attention;
using Alignment.Models;
using Alignment.Tests.Unit.Kernels.Attention;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>The other ways to the same logits.</summary>
internal static class GoldenPaths
{
    /// <summary>[rows, length, vocabulary] with a cache: half the columns at once, then one by one.</summary>
    public static Tensor Cached(Decoder model, GoldenModel rows, string side)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Tensor tokens = rows.Tokens(side), mask = rows.Mask(side);
        long length = tokens.shape[1], half = length / 2;
        using IKeyValueCache cache = model.NewCache(tokens.shape[0], length);
        var parts = new List<Tensor>();
        for (long first = 0, count = half; first < length; first += count, count = 1)
            parts.Add(Logits(model, model.HiddenStates(tokens.narrow(1, first, count), mask.narrow(1, 0, first + count), cache)));
        return cat(parts, 1).MoveToOuterDisposeScope();
    }

    /// <summary>[rows, length, vocabulary] of a packed batch in which every row stands twice behind one prompt, its first half; zeros on padding.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="side">Of their padding.</param>
    /// <param name="attention">As a GPU computes attention; null: as the CPU does.</param>
    public static Tensor Packed(Decoder model, GoldenModel rows, string side, IVariableLengthOperator? attention = null)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Tensor tokens = rows.Tokens(side), mask = rows.Mask(side);
        int[][] all = [.. Enumerable.Range(0, (int)tokens.shape[0]).Select(row => rows.Row(side, row))];
        var sequences = new List<(int[] Prompt, int[] Response)>();
        foreach (int[] row in all)
        {
            int[] prompt = row[..(row.Length / 2)];
            sequences.Add((prompt, row[prompt.Length..]));
            sequences.Add((prompt, [.. row[prompt.Length..].Reverse()]));
        }
        Tensor logits = Logits(model, model.HiddenStates(PackedSequences.Of(new(sequences), CPU, model.ShortPositions) with { Attention = attention })); // [tokens, vocabulary]
        Tensor result = zeros(tokens.shape[0], tokens.shape[1], logits.shape[1]);
        long start = 0;
        foreach ((int row, int[] ids) in all.Index())
        {
            result[row].index_copy_(0, mask[row].nonzero().squeeze(1), logits.narrow(0, start, ids.Length));
            start += ids.Length + ids.Length - ids.Length / 2; // and the response once more
        }
        return result.MoveToOuterDisposeScope();
    }

    /// <summary>What computes packed attention on a GPU, by stand-ins of libtorch's operators here; none for a model that a GPU pads: with capped scores, or heads of an odd width.</summary>
    public static IReadOnlyList<(string Name, IVariableLengthOperator Operator)> OfGpu(Decoder model) =>
        model.Config.ScoreCap is not null || VariableLengthOperators.For(ScalarType.Float32, model.Shape.HeadWidth, generation: 8) is null ? []
        : [(", packed by flash attention", VariableLengthStandIns.Operator<FlashOperator>()), (", packed by memory-efficient attention", VariableLengthStandIns.Operator<EfficientOperator>())];

    private static Tensor Logits(ILanguageModel model, Tensor hidden) => model.Logits(hidden).to(ScalarType.Float32);
}
