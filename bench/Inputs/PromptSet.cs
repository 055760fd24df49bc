using Alignment.Bench.Measuring;
using Alignment.Files;
using Alignment.Generation;
using Alignment.Models;

namespace Alignment.Bench.Inputs;

/// <summary>Prompts of random tokens with HH-RLHF's lengths, up to 128 tokens, answered by 64 new tokens each.</summary>
/// <param name="Prompts">How many share a batch.</param>
internal sealed record PromptSet(int Prompts) : IBenchmarkSize
{
    public const int NewTokens = 64, LongestPrompt = 128;

    private IEnumerable<int> Lengths => PairLengths.HhRlhf.Take(Prompts).Select(pair => Math.Min(pair.Prompt, LongestPrompt));

    /// <summary>New tokens; the products of every prompt token and of every new token but the last, once each.</summary>
    public Work Of(string method)
    {
        ModelShape shape = BenchModel.Config.Shape;
        double perToken = BenchModel.LayerOperations * (Lengths.Sum() + Prompts * (NewTokens - 1.0));
        return new(Tokens: Prompts * NewTokens, Operations: perToken + 2.0 * shape.Width * shape.Vocabulary * Prompts * NewTokens);
    }

    /// <summary>The prompts, the same at every call.</summary>
    public SamplingPrompt[] Create()
    {
        var random = new SeededRandom(1, "bench/prompts");
        return [.. Lengths.Select((length, index) => new SamplingPrompt(index, [.. Enumerable.Range(0, length).Select(_ => random.NextInt(BenchModel.Vocabulary))]))];
    }

    public override string ToString() => FormattableString.Invariant($"{Prompts} prompts");
}
