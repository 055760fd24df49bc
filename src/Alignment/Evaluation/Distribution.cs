namespace Alignment.Evaluation;

/// <summary>Mean, spread and percentiles of a set of numbers (run scores, response lengths, …).</summary>
internal sealed class Distribution
{
    private readonly double[] _ascending;

    private Distribution(double[] ascending, double mean, double squares)
    {
        _ascending = ascending;
        Mean = mean;
        PopulationStandardDeviation = Math.Sqrt(squares / ascending.Length);
        SampleStandardDeviation = ascending.Length > 1 ? Math.Sqrt(squares / (ascending.Length - 1)) : 0;
    }

    /// <summary>How many values there are, at least one.</summary>
    public int Count => _ascending.Length;

    /// <summary>Arithmetic mean.</summary>
    public double Mean { get; }

    /// <summary>√(Σ(x − mean)² / n).</summary>
    public double PopulationStandardDeviation { get; }

    /// <summary>√(Σ(x − mean)² / (n − 1)); 0 for a single value.</summary>
    public double SampleStandardDeviation { get; }

    /// <summary>Smallest value.</summary>
    public double Min => _ascending[0];

    /// <summary>Largest value.</summary>
    public double Max => _ascending[^1];

    /// <summary>Middle value, or the mean of the two middle ones.</summary>
    public double Median => At(50);

    /// <summary>The percentile <paramref name="percent"/>, 0 … 100 (<see cref="Percentile"/>).</summary>
    public double At(double percent) => Percentile.Of(_ascending, percent);

    /// <summary>Describes <paramref name="values"/>, which may be in any order.</summary>
    /// <exception cref="ArgumentException">There is no value.</exception>
    public static Distribution Of(IEnumerable<double> values)
    {
        double[] ascending = [.. values];
        if (ascending.Length == 0)
            throw new ArgumentException("a distribution needs at least one value, got none", nameof(values));

        Array.Sort(ascending);
        double mean = ascending.Sum() / ascending.Length;
        return new Distribution(ascending, mean, ascending.Sum(x => (x - mean) * (x - mean)));
    }

    /// <summary>Σ(x − mean)² of at least one value.</summary>
    internal static double Squares(double[] values)
    {
        double mean = values.Average();
        return values.Sum(x => (x - mean) * (x - mean));
    }
}

/// <summary>Percentiles by linear interpolation between order statistics (Hyndman and Fan 1996, type 7; numpy's default).</summary>
internal static class Percentile
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
