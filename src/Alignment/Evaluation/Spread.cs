namespace Alignment.Evaluation;

/// <summary>Differences of shares and of spreads between groups of settings, with their intervals.</summary>
internal static class Spread
{
    /// <summary>
    /// The difference of two shares, <paramref name="a"/>/<paramref name="ofA"/> − <paramref name="b"/>/<paramref name="ofB"/>, with its 95 % interval from
    /// Wilson's intervals of both (Newcombe 1998, method 10).
    /// </summary>
    public static Estimate ShareDifference(int a, int ofA, int b, int ofB)
    {
        double p = (double)a / ofA, q = (double)b / ofB;
        ((double Low, double High) first, (double Low, double High) second) = (Wilson(p, ofA), Wilson(q, ofB));
        double below = Math.Sqrt((p - first.Low) * (p - first.Low) + (second.High - q) * (second.High - q));
        double above = Math.Sqrt((first.High - p) * (first.High - p) + (q - second.Low) * (q - second.Low));
        return new Estimate(p - q, p - q - below, p - q + above);
    }

    /// <summary>
    /// log of the ratio of two standard deviations, each within groups; its standard error √(1/(2f₁) + 1/(2f₂)) is that of normal numbers (Bartlett and Kendall 1946).
    /// Null where either has fewer than two degrees of freedom or no spread.
    /// </summary>
    /// <param name="first">[groups][values].</param>
    /// <param name="second">[groups][values].</param>
    public static Lead? LogRatio(IReadOnlyList<double[]> first, IReadOnlyList<double[]> second)
    {
        (double Variance, int Freedom) a = Within(first), b = Within(second);
        return a.Freedom < 2 || b.Freedom < 2 || a.Variance == 0 || b.Variance == 0 ? null
            : new Lead(0.5 * Math.Log(a.Variance / b.Variance), Math.Sqrt(0.5 / a.Freedom + 0.5 / b.Freedom), Math.Min(a.Freedom, b.Freedom));
    }

    /// <summary>Slope of y on x within groups (least squares with a mean of its own for each); null where nothing is left over.</summary>
    /// <param name="groups">[groups][points].</param>
    public static Lead? Slope(IReadOnlyList<(double X, double Y)[]> groups)
    {
        (double X, double Y)[] centred = [.. groups.SelectMany(group => group.Select(point => (point.X - group.Average(other => other.X), point.Y - group.Average(other => other.Y))))];
        double xx = centred.Sum(point => point.X * point.X);
        int freedom = centred.Length - groups.Count - 1;
        if (freedom < 1 || xx == 0)
            return null;
        double slope = centred.Sum(point => point.X * point.Y) / xx;
        double left = centred.Sum(point => (point.Y - slope * point.X) * (point.Y - slope * point.X));
        return new Lead(slope, Math.Sqrt(left / freedom / xx), freedom);
    }

    private static (double, int) Within(IReadOnlyList<double[]> groups)
    {
        int freedom = groups.Sum(group => group.Length - 1);
        return (groups.Sum(Distribution.Squares) / freedom, freedom);
    }

    private static (double Low, double High) Wilson(double share, int count)
    {
        const double z = NormalDistribution.Z95;
        double z2 = z * z, centre = (share + z2 / (2 * count)) / (1 + z2 / count);
        double half = z / (1 + z2 / count) * Math.Sqrt(share * (1 - share) / count + z2 / (4.0 * count * count));
        return (Math.Max(0, centre - half), Math.Min(1, centre + half));
    }
}
