namespace Alignment.Evaluation;

/// <summary>The standard normal distribution.</summary>
internal static class NormalDistribution
{
    /// <summary>Half a two-sided 95 % interval in standard errors: Φ(z) = 0.975.</summary>
    public const double Z95 = 1.959963984540054;

    // where the series ends and the continued fraction begins
    private const double Far = 3;

    /// <summary>φ(z).</summary>
    public static double Density(double z) => Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI);

    /// <summary>Φ(z), to 14 digits also far out on the left: a series near 0, Laplace's continued fraction elsewhere (Abramowitz and Stegun 26.2.11, 26.2.14).</summary>
    public static double Cumulative(double z) => z > Far ? 1 - Tail(z) : z < -Far ? Tail(-z) : 0.5 + Density(z) * Series(z);

    private static double Series(double z)
    {
        double term = z, sum = z;
        for (int i = 3; Math.Abs(term) > 1e-17 * Math.Abs(sum); i += 2)
            sum += term *= z * z / i;
        return sum;
    }

    private static double Tail(double z)
    {
        double below = z;
        for (int i = 80; i >= 1; i--)
            below = z + i / below;
        return Density(z) / below;
    }
}
