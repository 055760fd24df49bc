using Alignment.Bench.Measuring;

namespace Alignment.Bench.Inputs;

/// <summary>Scored tokens, width and vocabulary of a head.</summary>
internal sealed record HeadSize(long Rows, long Width, long Vocabulary) : IBenchmarkSize
{
    /// <summary>One product forward; two more for both gradients. What a pass computes twice is not counted twice.</summary>
    public Work Of(string method) => new(
        Tokens: Rows, Operations: 2.0 * Rows * Width * Vocabulary * (method.EndsWith("Both", StringComparison.Ordinal) ? 3 : 1));

    public override string ToString() => FormattableString.Invariant($"{Rows}x{Width}x{Vocabulary}");
}
