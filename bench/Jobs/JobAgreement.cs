namespace Alignment.Bench.Jobs;

/// <summary>A run of a recipe, as one of the two programs has done it.</summary>
/// <param name="Slug">Its grid point.</param>
/// <param name="Losses">Of its optimiser steps, from the first.</param>
/// <param name="MeanScore">Over the test prompts.</param>
/// <param name="MeanLength">Of the responses, tokens.</param>
internal sealed record JobRun(string Slug, IReadOnlyList<double> Losses, double MeanScore, double MeanLength)
{
    /// <summary>Mean log-ratio to the SFT model, nats a response; 0 for SFT.</summary>
    public double MeanKl { get; init; }

    /// <summary>Width of the mean score's 95 % interval; NaN where it is not known.</summary>
    public double ScoreWidth { get; init; } = double.NaN;

    /// <summary>It starts from the weights of the program's own SFT.</summary>
    public bool IsPreference { get; init; }
}

/// <summary>Whether two programs have done the same job, judged before their times are told.</summary>
internal static class JobAgreement
{
    /// <summary>So many first steps of a run are compared: rounding grows with every step.</summary>
    public const int Steps = 5;

    /// <summary>Share of max(1, |loss|) by which the losses of those steps may differ where both start from the same weights.</summary>
    public const double Tolerance = 1e-3;

    /// <summary>The same of preference runs: rounding over all steps of SFT has made other weights to start from.</summary>
    public const double PreferenceTolerance = 1e-2;

    /// <summary>
    /// Requires that the same points were run, that every run's first losses agree, and that its mean scores lie no further apart than the library's 95 % interval is wide: after
    /// many steps rounding has made other weights, and other answers.
    /// </summary>
    /// <exception cref="InvalidOperationException">One does not; the message names the run and both values.</exception>
    public static void Require(IReadOnlyList<JobRun> own, IReadOnlyList<JobRun> other)
    {
        if (!own.Select(run => run.Slug).SequenceEqual(other.Select(run => run.Slug)))
            throw new InvalidOperationException($"the library ran {string.Join(", ", own.Select(run => run.Slug))}, the TRL-style loop {string.Join(", ", other.Select(run => run.Slug))}");
        foreach ((JobRun a, JobRun b) in own.Zip(other))
        {
            if (a.Losses.Count != b.Losses.Count)
                throw new InvalidOperationException(FormattableString.Invariant($"{a.Slug}: {a.Losses.Count} steps by the library, {b.Losses.Count} by the TRL-style loop"));
            double tolerance = a.IsPreference ? PreferenceTolerance : Tolerance;
            for (int step = 0; step < Math.Min(Steps, a.Losses.Count); step++)
                if (!(Math.Abs(a.Losses[step] - b.Losses[step]) <= tolerance * Math.Max(1, Math.Abs(a.Losses[step]))))
                    throw new InvalidOperationException(FormattableString.Invariant(
                        $"{a.Slug}: the loss of step {step + 1} is {a.Losses[step]:G6} by the library and {b.Losses[step]:G6} by the TRL-style loop; {tolerance} times max(1, |loss|) is allowed"));
            if (!(Math.Abs(a.MeanScore - b.MeanScore) <= a.ScoreWidth))
                throw new InvalidOperationException(FormattableString.Invariant(
                    $"{a.Slug}: mean score {a.MeanScore:F3} by the library and {b.MeanScore:F3} by the TRL-style loop, further apart than the interval's {a.ScoreWidth:F3}"));
        }
    }
}
