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
    public static int? StoppedAfter(ReadOnlySpan<double> differences)
    {
        double mean = 0, squares = 0;
        for (int i = 0; i < differences.Length; i++)
        {
            double from = differences[i] - mean;
            mean += from / (i + 1);
            squares += from * (differences[i] - mean);
            if ((i + 1) % Slice == 0 && i + 1 < differences.Length && mean + Width(i + 1) * Math.Sqrt(squares / i / (i + 1)) < 0)
                return i + 1;
        }

        return null;
    }
}
