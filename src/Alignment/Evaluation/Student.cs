namespace Alignment.Evaluation;

/// <summary>Student's t distribution (Student 1908): tail probabilities and critical values, degrees of freedom not necessarily whole.</summary>
internal static class Student
{
    private const int Terms = 10_000, Halvings = 200;

    // beyond it the distribution is the normal one to nine digits, of which this computation keeps six: its log-gammas are large and cancel
    private const double Many = 1e9;

    /// <summary>P(|T| ≥ |<paramref name="t"/>|) = I(ν/(ν + t²); ν/2, 1/2), with I the regularised incomplete beta function.</summary>
    /// <param name="t">The statistic; an infinite one has a probability of 0.</param>
    /// <param name="freedom">ν, degrees of freedom, above 0.</param>
    public static double TwoSided(double t, double freedom) =>
        freedom > Many ? TwoSided(t, Many) : IncompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5);

    /// <summary>The t ≥ 0 with P(|T| ≥ t) = <paramref name="probability"/>, found by halving.</summary>
    /// <param name="probability">Above 0, at most 1.</param>
    /// <param name="freedom">ν, degrees of freedom, above 0.</param>
    public static double Critical(double probability, double freedom)
    {
        if (!(probability > 0 && probability <= 1))
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "a critical value needs a probability above 0 and at most 1");
        double low = 0, high = 1;
        while (TwoSided(high, freedom) > probability)
            (low, high) = (high, 2 * high);
        for (int halving = 0; halving < Halvings && high - low > 1e-14 * high; halving++)
        {
            double middle = (low + high) / 2;
            (low, high) = TwoSided(middle, freedom) > probability ? (middle, high) : (low, middle);
        }

        return (low + high) / 2;
    }

    // the continued fraction of Abramowitz and Stegun 26.5.8 by the modified method of Lentz; it converges fast below the mean of the distribution
    private static double IncompleteBeta(double x, double a, double b)
    {
        if (x is <= 0 or >= 1)
            return x <= 0 ? 0 : 1;
        if (x > (a + 1) / (a + b + 2))
            return 1 - IncompleteBeta(1 - x, b, a);
        double front = Math.Exp(a * Math.Log(x) + b * Math.Log(1 - x) + LogGamma(a + b) - LogGamma(a) - LogGamma(b)) / a;
        double c = 1, d = 1 / Safe(1 - (a + b) * x / (a + 1)), fraction = d;
        for (int m = 1; m < Terms; m++)
        {
            double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
            (c, d) = (Safe(1 + even / c), 1 / Safe(1 + even * d));
            fraction *= c * d;
            (c, d) = (Safe(1 + odd / c), 1 / Safe(1 + odd * d));
            fraction *= c * d;
            if (Math.Abs(c * d - 1) < 1e-15)
                break;
        }

        return front * fraction;
    }

    private static double Safe(double x) => Math.Abs(x) < 1e-300 ? 1e-300 : x;

    // Stirling's series after a shift to where five terms of it are exact to the last digits
    private static double LogGamma(double x)
    {
        double shift = 0;
        for (; x < 12; x++)
            shift -= Math.Log(x);
        double z = 1 / (x * x);
        return shift + (x - 0.5) * Math.Log(x) - x + 0.5 * Math.Log(2 * Math.PI)
            + (1 / 12.0 - z * (1 / 360.0 - z * (1 / 1260.0 - z * (1 / 1680.0 - z / 1188)))) / x;
    }
}
