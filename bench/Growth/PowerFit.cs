namespace Alignment.Bench.Growth;

/// <summary>cost ≈ c · size^exponent, by least squares on the logarithms.</summary>
/// <param name="Exponent">1: linear.</param>
/// <param name="Last">The exponent between the two largest sizes alone: what a constant share no longer hides.</param>
internal readonly record struct PowerFit(double Exponent, double Last)
{
    /// <summary>An exponent up to here counts as linear: measured ones stray.</summary>
    public const double Linear = 1.1;

    /// <summary>Some cost grows faster than its size.</summary>
    public bool IsAboveLinear => Exponent > Linear || Last > Linear;

    /// <summary>Fits.</summary>
    /// <param name="sizes">Ascending and &gt; 0, at least two.</param>
    /// <param name="costs">One for each size, &gt; 0.</param>
    /// <exception cref="ArgumentException">There are fewer, sizes do not ascend, or a cost is not above 0.</exception>
    public static PowerFit Of(IReadOnlyList<double> sizes, IReadOnlyList<double> costs)
    {
        if (sizes.Count < 2 || costs.Count != sizes.Count)
            throw new ArgumentException(FormattableString.Invariant($"an exponent needs two sizes or more and a cost of each, got {sizes.Count} and {costs.Count}"));
        for (int i = 0; i < sizes.Count; i++)
            if (!(sizes[i] > (i == 0 ? 0 : sizes[i - 1])) || !(costs[i] > 0))
                throw new ArgumentException(FormattableString.Invariant($"sizes must ascend from above 0 and costs be above 0, number {i + 1} is {sizes[i]} with {costs[i]}"));
        double[] x = [.. sizes.Select(size => Math.Log(size))], y = [.. costs.Select(cost => Math.Log(cost))];
        double meanX = x.Average(), meanY = y.Average();
        double slope = x.Zip(y, (a, b) => (a - meanX) * (b - meanY)).Sum() / x.Sum(a => (a - meanX) * (a - meanX));
        return new(slope, (y[^1] - y[^2]) / (x[^1] - x[^2]));
    }
}
