using Alignment.Bench.Measuring;
using Alignment.Data;
using Alignment.Files;

namespace Alignment.Bench.Inputs;

/// <summary>Preference pairs of random tokens with given lengths; its name is part of benchmark ids.</summary>
/// <param name="Name">What the lengths are.</param>
/// <param name="Lengths">Of each pair, in the data's order.</param>
internal sealed record PairSet(string Name, IReadOnlyList<PairLengths> Lengths) : IBenchmarkSize
{
    /// <summary>HH-RLHF's lengths under the limits of the recipe hh-rlhf: prompts to 128 tokens, 256 in all.</summary>
    public static PairSet Hh256(int pairs) => Hh("hh-256", pairs, new() { MaxPrompt = 128, MaxTotal = 256 });

    /// <summary>HH-RLHF's lengths, prompts to 64 tokens, 128 in all.</summary>
    public static PairSet Hh128(int pairs) => Hh("hh-128", pairs, new() { MaxPrompt = 64, MaxTotal = 128 });

    /// <summary>128 tokens each: prompts of 64, responses of 64.</summary>
    public static PairSet Equal128(int pairs) => new("equal-128", [.. Enumerable.Repeat(new PairLengths(64, 64, 64), pairs)]);

    /// <summary>Tokens of both sequences of every pair: what the model is trained on, padding aside.</summary>
    public long Tokens => Lengths.Sum(pair => 2L * pair.Prompt + pair.Chosen + pair.Rejected);

    /// <summary>The products that a pass needs, each pair's prompt once; a step needs those of both gradients, too.</summary>
    public Work Of(string method)
    {
        (long tokens, long scored) = Needed(Lengths);
        double once = BenchModel.LayerOperations * tokens + 2.0 * BenchModel.Config.Shape.Width * BenchModel.Vocabulary * scored;
        return new(Tokens: Tokens, Operations: method.EndsWith("Pass", StringComparison.Ordinal) ? once : 3 * once);
    }

    /// <summary>Tokens that go through the layers of a model, a pair's prompt once, and those that its head sees.</summary>
    public static (long Tokens, long Scored) Needed(IEnumerable<PairLengths> lengths)
    {
        PairLengths[] all = [.. lengths];
        long scored = all.Sum(pair => (long)pair.Chosen + pair.Rejected);
        return (scored + all.Sum(pair => (long)pair.Prompt), scored);
    }

    /// <summary>The pairs: ids below <paramref name="vocabulary"/>, the same at every call.</summary>
    public TokenizedPair[] Pairs(int vocabulary)
    {
        var random = new SeededRandom(1, "bench/pairs");
        return [.. Lengths.Select((pair, i) => new TokenizedPair($"{Name}({i})", Ids(pair.Prompt), Ids(pair.Chosen), Ids(pair.Rejected), false, false))];

        int[] Ids(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextInt(vocabulary))];
    }

    public override string ToString() => Name;

    private static PairSet Hh(string name, int pairs, LengthLimits limits) =>
        new(name, [.. PairLengths.HhRlhf.Take(pairs).Select(pair => pair.Within(limits))]);
}
