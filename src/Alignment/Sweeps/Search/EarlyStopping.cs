namespace Alignment.Sweeps.Search;

/// <summary>
/// When a run that is behind another need not answer the prompts that are left: looked at after every slice of prompts, by a one-sided asymptotic
/// confidence sequence for the mean difference (Waudby-Smith et al. 2021, arXiv 2103.06476), which holds at all looks together.
/// </summary>
internal static class EarlyStopping
{
    /// <summary>Prompts between two looks.</summary>
    public const int Slice = 50;

    /// <summary>The chance to stop a run that is not behind, over all looks.</summary>
    public const double Error = 0.05;

    // the sequence is narrowest at about 150 prompts
    private const double Rho2 = 0.043909;

    /// <summary>Standard errors by which a mean difference over so many prompts is uncertain.</summary>
    public static double Width(int prompts)
    {
        double scaled = prompts * Rho2;
        return Math.Sqrt(2 * (scaled + 1) / scaled * Math.Log(1 + Math.Sqrt(scaled + 1) / (2 * Error)));
    }

    /// <summary>After how many prompts a run is behind for certain; null where it never is.</summary>
    /// <param name="differences">[prompts] its score less the leader's, in the order they are asked in.</param>
    public static int? StoppedAfter(ReadOnlySpan<double> differences) => StoppedAfter(differences, differences.Length);

    /// <summary>As above, of a run that has not answered all of its prompts yet: after the last one there would be nothing left to save.</summary>
    /// <param name="differences">[asked] of the first prompts.</param>
    /// <param name="prompts">How many there are.</param>
    public static int? StoppedAfter(ReadOnlySpan<double> differences, int prompts)
    {
        double mean = 0, squares = 0;
        for (int i = 0; i < differences.Length; i++)
        {
            double from = differences[i] - mean;
            mean += from / (i + 1);
            squares += from * (differences[i] - mean);
            if ((i + 1) % Slice == 0 && i + 1 < prompts && Bound(mean, squares, i + 1) < 0)
                return i + 1;
        }

        return null;
    }

    /// <summary>What the mean difference is below, with chance 0.95 at every look.</summary>
    /// <param name="differences">[asked] at least two.</param>
    public static double Bound(ReadOnlySpan<double> differences)
    {
        double mean = 0, squares = 0;
        foreach (double difference in differences)
            mean += difference / differences.Length;
        foreach (double difference in differences)
            squares += (difference - mean) * (difference - mean);
        return Bound(mean, squares, differences.Length);
    }

    private static double Bound(double mean, double squares, int count) => mean + Width(count) * Math.Sqrt(squares / (count - 1) / count);
}
