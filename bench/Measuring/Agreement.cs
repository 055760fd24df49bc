using static TorchSharp.torch;

namespace Alignment.Bench.Measuring;

/// <summary>Benchmarks compare their result with the baseline's before they are timed.</summary>
internal static class Agreement
{
    /// <summary>Requires that no element differs by more than <paramref name="tolerance"/> times the largest of the baseline.</summary>
    /// <exception cref="InvalidOperationException">One does.</exception>
    public static void Require(string what, Tensor result, Tensor baseline, double tolerance)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        double difference = (result - baseline).abs().max().to(ScalarType.Float64).item<double>();
        double largest = baseline.abs().max().to(ScalarType.Float64).item<double>();
        if (!(difference <= tolerance * Math.Max(1, largest)))
            throw new InvalidOperationException(FormattableString.Invariant(
                $"{what} differs from its baseline by {difference}; at most {tolerance} times {Math.Max(1, largest)} is allowed"));
    }

    /// <summary>As <see cref="Require(string, Tensor, Tensor, double)"/>, for single numbers.</summary>
    /// <exception cref="InvalidOperationException">They differ by more.</exception>
    public static void Require(string what, double result, double baseline, double tolerance)
    {
        if (!(Math.Abs(result - baseline) <= tolerance * Math.Max(1, Math.Abs(baseline))))
            throw new InvalidOperationException(FormattableString.Invariant($"{what} is {result}, its baseline {baseline}; a share of {tolerance} is allowed"));
    }

    /// <summary>Requires equal sequences.</summary>
    /// <exception cref="InvalidOperationException">They differ.</exception>
    public static void RequireSame(string what, IEnumerable<int> result, IEnumerable<int> baseline)
    {
        if (!result.SequenceEqual(baseline))
            throw new InvalidOperationException($"{what} differs from its baseline");
    }
}
