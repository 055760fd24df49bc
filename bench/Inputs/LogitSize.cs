using Alignment.Bench.Measuring;

namespace Alignment.Bench.Inputs;

/// <summary>Rows of logits in float32.</summary>
internal sealed record LogitSize(long Rows, long Vocabulary) : IBenchmarkSize
{
    /// <summary>A forward pass must read every logit once; a backward pass must write it, too.</summary>
    public Work Of(string method) => new(
        Bytes: Rows * Vocabulary * sizeof(float) * (method.Contains("Backward", StringComparison.Ordinal) || method.Contains("Write", StringComparison.Ordinal) ? 2 : 1),
        Tokens: Rows);

    public override string ToString() => FormattableString.Invariant($"{Rows}x{Vocabulary}");
}
