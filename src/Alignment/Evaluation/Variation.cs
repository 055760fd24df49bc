namespace Alignment.Evaluation;

/// <summary>
/// Variation over training seeds apart from variation over prompts: a two-way analysis (seed × prompt) at every setting, pooled.
/// The responses' own noise falls on the prompts, so that what is left to the seeds is what another training run would change.
/// </summary>
/// <param name="Between">Mean square between seeds, on the scale of a run's mean score.</param>
/// <param name="Within">What prompts alone explain of it: the residual mean square on the same scale.</param>
/// <param name="Freedom">Runs beyond the first of each setting.</param>
internal sealed record SeedVariation(double Between, double Within, int Freedom)
{
    /// <summary>Standard deviation of a run's mean score over training seeds, prompts taken out; 0 where seeds differ by no more than prompts explain.</summary>
    public double SeedDeviation => Math.Sqrt(Math.Max(0, Between - Within));

    /// <summary>Standard deviation of the difference between two seeds' mean scores that prompts alone explain, divided by √2.</summary>
    public double PromptDeviation => Math.Sqrt(Within);

    /// <summary>Analyses the settings that have at least two seeds; null where none has.</summary>
    /// <param name="settings">[settings][seeds][prompts] scores.</param>
    /// <param name="prompts">Which prompts are one; null where each stands once.</param>
    public static SeedVariation? Of(IEnumerable<IReadOnlyList<double[]>> settings, PromptClusters? prompts = null)
    {
        IReadOnlyList<double[]>[] repeated = [.. settings.Where(seeds => seeds.Count > 1 && seeds[0].Length > 1)];
        if (repeated.Length == 0)
            return null;
        prompts ??= PromptClusters.Each(repeated[0][0].Length);
        int freedom = repeated.Sum(seeds => seeds.Count - 1);
        double between = 0, within = 0;
        foreach (IReadOnlyList<double[]> seeds in repeated)
        {
            double[] means = [.. seeds.Select(scores => scores.Average())];
            double[] ofPrompt = [.. Enumerable.Range(0, seeds[0].Length).Select(prompt => seeds.Average(scores => scores[prompt]))];
            double mean = means.Average();
            between += Distribution.Squares(means);
            within += seeds.Select((scores, s) => prompts.VarianceOfMean([.. scores.Select((x, p) => x - means[s] - ofPrompt[p] + mean)])).Sum();
        }

        return new SeedVariation(between / freedom, within / freedom, freedom);
    }
}

/// <summary>How much of the variance of runs' scores goes with one hyperparameter (its main effect, η² of a one-way analysis of variance).</summary>
/// <param name="Share">Sum of squares between the hyperparameter's values over the total sum of squares, 0 … 1; 0 where all scores are equal.</param>
/// <param name="ByChance">What a hyperparameter without any effect is expected to show: (values − 1) / (runs − 1).</param>
internal sealed record ExplainedVariance(double Share, double ByChance)
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
