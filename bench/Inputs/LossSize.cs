using Alignment.Bench.Measuring;

namespace Alignment.Bench.Inputs;

/// <summary>Pairs whose losses are taken in one call.</summary>
internal sealed record LossSize(long Pairs) : IBenchmarkSize
{
    public Work Of(string method) => default;

    public override string ToString() => FormattableString.Invariant($"{Pairs} pairs");
}
