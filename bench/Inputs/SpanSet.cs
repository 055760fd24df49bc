using Alignment.Bench.Measuring;
using Alignment.Kernels.Attention;

namespace Alignment.Bench.Inputs;

/// <summary>A packed batch of equal spans, without shared prompts.</summary>
/// <param name="Count">Spans.</param>
/// <param name="Length">Tokens of each.</param>
internal sealed record SpanSet(int Count, long Length) : IBenchmarkSize
{
    /// <summary>The spans.</summary>
    public PackedSpan[] Spans => [.. Enumerable.Range(0, Count).Select(i => new PackedSpan(i * Length, Length))];

    public Work Of(string method) => new(Tokens: Count * Length);

    public override string ToString() => FormattableString.Invariant($"{Count}x{Length}");
}
