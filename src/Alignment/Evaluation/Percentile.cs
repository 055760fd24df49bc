namespace Alignment.Evaluation;

/// <summary>Percentiles by linear interpolation between order statistics (Hyndman and Fan 1996, type 7; numpy's default).</summary>
public static class Percentile
{
    /// <summary>The value below which <paramref name="percent"/> per cent of <paramref name="ascending"/> lies.</summary>
    /// <param name="ascending">Sorted values, at least one.</param>
    /// <param name="percent">0 … 100.</param>
    /// <exception cref="ArgumentException">There is no value.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="percent"/> is outside 0 … 100.</exception>
    public static double Of(ReadOnlySpan<double> ascending, double percent)
    {
        if (ascending.IsEmpty)
            throw new ArgumentException("a percentile needs at least one value, got none", nameof(ascending));
        if (!(percent >= 0 && percent <= 100))
            throw new ArgumentOutOfRangeException(nameof(percent), percent, "a percentile is between 0 and 100");

        double position = percent / 100 * (ascending.Length - 1);
        int below = (int)position;
        int above = Math.Min(below + 1, ascending.Length - 1);
        return ascending[below] + (position - below) * (ascending[above] - ascending[below]);
    }
}
