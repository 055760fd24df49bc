namespace Alignment.Sweeps.Search;

/// <summary>How much a mean score would be another on other prompts, where all runs answer the same ones.</summary>
internal static class PromptNoise
{
    /// <summary>
    /// The variance of one mean, taken from differences between runs, in which what makes a prompt easy for all cancels: half the variance of the mean
    /// difference, the median over all pairs of runs, so that collapsed ones do not decide. 0 where there is no pair.
    /// </summary>
    /// <param name="scores">[runs][prompts].</param>
    public static double Of(IReadOnlyList<double[]> scores)
    {
        double[] halves =
        [
            .. scores.SelectMany((first, index) => scores.Skip(index + 1).Select(second => VarianceOfMean([.. first.Zip(second, (a, b) => a - b)]) / 2)).Order(),
        ];
        int half = halves.Length / 2;
        return halves.Length == 0 ? 0 : halves.Length % 2 == 1 ? halves[half] : (halves[half - 1] + halves[half]) / 2;
    }

    private static double VarianceOfMean(double[] values)
    {
        double mean = values.Average();
        return values.Length < 2 ? 0 : values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1) / values.Length;
    }
}
