namespace Alignment.Evaluation;

/// <summary>How much of the variance of runs' scores goes with one hyperparameter (its main effect, η² of a one-way analysis of variance).</summary>
/// <param name="Share">Sum of squares between the hyperparameter's values over the total sum of squares, 0 … 1; 0 where all scores are equal.</param>
/// <param name="ByChance">What a hyperparameter without any effect is expected to show: (values − 1) / (runs − 1).</param>
public sealed record ExplainedVariance(double Share, double ByChance)
{
    /// <summary>Analyses <paramref name="scores"/> [runs] by <paramref name="values"/> [runs].</summary>
    /// <exception cref="ArgumentException">The counts differ, or there are fewer than two runs.</exception>
    public static ExplainedVariance Of(IReadOnlyList<double> scores, IReadOnlyList<string> values)
    {
        if (scores.Count != values.Count || scores.Count < 2)
            throw new ArgumentException($"explained variance needs a value for every score and two runs, got {scores.Count} and {values.Count}");
        double mean = scores.Average(), total = scores.Sum(score => (score - mean) * (score - mean));
        var groups = scores.Zip(values).GroupBy(pair => pair.Second, pair => pair.First, StringComparer.Ordinal).ToArray();
        double between = groups.Sum(group => group.Count() * (group.Average() - mean) * (group.Average() - mean));
        return new ExplainedVariance(total > 0 ? between / total : 0, (groups.Length - 1.0) / (scores.Count - 1));
    }
}
