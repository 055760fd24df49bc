using Alignment.Evaluation;

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
            .. scores.SelectMany((first, index) => scores.Skip(index + 1).Select(second => VarianceOfMean([.. first.Zip(second, (a, b) => a - b)]) / 2)),
        ];
        return halves.Length == 0 ? 0 : Distribution.Of(halves).Median;
    }

    private static double VarianceOfMean(double[] values) => values.Length < 2 ? 0 : Distribution.Squares(values) / (values.Length - 1) / values.Length;
}
