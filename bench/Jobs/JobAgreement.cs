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

/// <summary>
/// Whether two programs have done the same job, judged before their times are told. Rounding parts two trainings, and the more steps they have done, the further: first losses agree best, means over
/// all steps well, and the answers of a model that has been trained at a large rate differ as between two seeds. bench/README.md has the figures that the tolerances are made of.
/// </summary>
internal static class JobAgreement
{
    /// <summary>So many first steps of a run are compared one by one.</summary>
    public const int Steps = 5;

    /// <summary>What may differ where both start from the same weights.</summary>
    private static readonly Tolerances s_sft = new(Loss: 1e-3, MeanLoss: 1e-2, Score: 1);

    /// <summary>The same of preference runs, which start from the program's own SFT.</summary>
    private static readonly Tolerances s_preference = new(Loss: 1e-2, MeanLoss: 3e-2, Score: 4);

    /// <summary>Requires that the same points were run, and that every run's first losses, its mean loss and its mean score agree.</summary>
    /// <exception cref="InvalidOperationException">One does not; the message names the run and both values.</exception>
    public static void Require(IReadOnlyList<JobRun> own, IReadOnlyList<JobRun> other)
    {
        if (!own.Select(run => run.Slug).SequenceEqual(other.Select(run => run.Slug)))
            throw new InvalidOperationException($"the library ran {string.Join(", ", own.Select(run => run.Slug))}, the TRL-style loop {string.Join(", ", other.Select(run => run.Slug))}");
        foreach ((JobRun a, JobRun b) in own.Zip(other))
            Require(a, b, a.IsPreference ? s_preference : s_sft);
    }

    /// <summary>One line a run with what both have made of it.</summary>
    public static IEnumerable<string> Lines(IReadOnlyList<JobRun> own, IReadOnlyList<JobRun> other) => own.Zip(other, (a, b) => FormattableString.Invariant(
        $"{a.Slug}: mean loss {a.Losses.Average():F4} (TRL-style loop {b.Losses.Average():F4}), mean score {a.MeanScore:F3} ({b.MeanScore:F3}), interval {a.ScoreWidth:F3} wide"));

    private static void Require(JobRun a, JobRun b, Tolerances tolerances)
    {
        if (a.Losses.Count != b.Losses.Count)
            throw new InvalidOperationException(FormattableString.Invariant($"{a.Slug}: {a.Losses.Count} steps by the library, {b.Losses.Count} by the TRL-style loop"));
        for (int step = 0; step < Math.Min(Steps, a.Losses.Count); step++)
            RequireLoss($"loss of step {step + 1}", a.Losses[step], b.Losses[step], tolerances.Loss);
        RequireLoss("mean loss over all steps", a.Losses.Average(), b.Losses.Average(), tolerances.MeanLoss);
        if (!(Math.Abs(a.MeanScore - b.MeanScore) <= tolerances.Score * a.ScoreWidth))
            throw new InvalidOperationException(FormattableString.Invariant(
                $"{a.Slug}: mean score {a.MeanScore:F3} by the library and {b.MeanScore:F3} by the TRL-style loop; {tolerances.Score} times the interval's width, {a.ScoreWidth:F3}, is allowed"));

        void RequireLoss(string what, double own, double other, double tolerance)
        {
            if (!(Math.Abs(own - other) <= tolerance * Math.Max(1, Math.Abs(own))))
                throw new InvalidOperationException(FormattableString.Invariant(
                    $"{a.Slug}: the {what} is {own:G6} by the library and {other:G6} by the TRL-style loop; {tolerance} times max(1, |loss|) is allowed"));
        }
    }

    /// <param name="Loss">Of one step, as a share of max(1, |loss|).</param>
    /// <param name="MeanLoss">Of all steps, as a share of max(1, |loss|).</param>
    /// <param name="Score">Of the mean score, in widths of the library's 95 % interval.</param>
    private sealed record Tolerances(double Loss, double MeanLoss, double Score);
}
