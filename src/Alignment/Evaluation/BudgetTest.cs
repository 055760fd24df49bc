namespace Alignment.Evaluation;

/// <summary>Are the picks of two methods after as many runs different? Two kinds of noise are asked apart: other prompts, and other runs.</summary>
/// <param name="Lead">[prompts] what the first method's pick scores above the second's, on prompts that did not choose it (<see cref="HeldOutBest"/>).</param>
/// <param name="PromptsP">p-value over prompts (<see cref="SignFlipTest"/>).</param>
/// <param name="RunsP">p-value over runs (<see cref="LabelTest"/>).</param>
internal sealed record BudgetTest(double[] Lead, double PromptsP, double RunsP)
{
    /// <summary>The p-value of both questions together: a difference has to stand against either noise.</summary>
    public double P => Math.Max(PromptsP, RunsP);

    /// <summary>Tests two methods on the same prompts.</summary>
    /// <param name="first">[runs][prompts] scores.</param>
    /// <param name="second">[runs][prompts] scores.</param>
    /// <param name="firstSettings">[settings] mean score of each of the first method's settings, its seeds averaged: the units that may be exchanged.</param>
    /// <param name="secondSettings">[settings] of the second method.</param>
    /// <param name="trials">k, at most the runs of either.</param>
    /// <param name="seed">Of all draws.</param>
    public static BudgetTest Of(double[][] first, double[][] second, double[] firstSettings, double[] secondSettings, int trials, ulong seed)
    {
        double[] lead = [.. HeldOutBest.Column(first, trials, seed).Zip(HeldOutBest.Column(second, trials, seed), (a, b) => a - b)];
        int settings = Math.Min(trials, Math.Min(firstSettings.Length, secondSettings.Length));
        return new BudgetTest(lead, SignFlipTest.P(lead, seed), LabelTest.P(firstSettings, secondSettings, settings, seed));
    }
}

/// <summary>Correction of p-values for the number of comparisons (Holm 1979): the chance of any false finding among them stays below the level.</summary>
internal static class Holm
{
    /// <summary>[comparisons] adjusted p-values: the i-th smallest of m times m − i + 1, never below a smaller one's, at most 1.</summary>
    public static double[] Adjusted(IReadOnlyList<double> p)
    {
        double[] adjusted = new double[p.Count];
        double largest = 0;
        int rank = 0;
        foreach (int comparison in Enumerable.Range(0, p.Count).OrderBy(i => p[i]))
        {
            largest = Math.Max(largest, Math.Min(1, p[comparison] * (p.Count - rank++)));
            adjusted[comparison] = largest;
        }

        return adjusted;
    }
}
