namespace Alignment.Evaluation;

/// <summary>Mean, spread and percentiles of a set of numbers (run scores, response lengths, …).</summary>
public sealed class Distribution
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
}
