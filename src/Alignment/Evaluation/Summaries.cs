namespace Alignment.Evaluation;

/// <summary>Computes a run's metrics from its samples alone.</summary>
public static class Summaries
{
    /// <summary>
    /// The metrics of one run, each with the 95 % percentile interval of <see cref="Bootstrap.DefaultResamples"/> resamples of its prompts.
    /// Wins are strict; the order of the samples does not matter.
    /// </summary>
    /// <param name="samples">One sample a prompt, at least one.</param>
    /// <param name="seed">The sweep's seed: runs on the same prompts are resampled alike, so their intervals are paired.</param>
    /// <exception cref="InvalidDataException">A prompt is there twice, or a value is not usable.</exception>
    public static RunSummary Summarise(IReadOnlyList<SampleRow> samples, ulong seed)
    {
        IReadOnlyList<SampleRow> sorted = PromptOrder.Sorted(samples);
        return Summarise(sorted, new Bootstrap(sorted.Count, seed));
    }

    /// <summary>As above with resamples drawn before, for many runs over as many prompts.</summary>
    /// <exception cref="InvalidDataException">A prompt is there twice, or a value is not usable.</exception>
    /// <exception cref="ArgumentException">The bootstrap is for another number of prompts.</exception>
    public static RunSummary Summarise(IReadOnlyList<SampleRow> samples, Bootstrap bootstrap)
    {
        IReadOnlyList<SampleRow> sorted = PromptOrder.Sorted(samples);
        return Summarise(SampleColumns.Of(sorted), bootstrap);
    }

    /// <summary>As above from the numbers alone; a metric of unknown numbers has an estimate that is not a number.</summary>
    /// <exception cref="ArgumentException">The bootstrap is for another number of prompts.</exception>
    public static RunSummary Summarise(SampleColumns samples, Bootstrap bootstrap)
    {
        Estimate[] means = bootstrap.Means(SampleMetrics.All.Select(metric => metric.OfColumns(samples)).ToArray());
        return new RunSummary
        {
            Samples = samples.Score.Length,
            MeanScore = means[0],
            MeanLength = means[1],
            MeanKl = means[2],
            MeanKlPerToken = means[3],
            WinVsChosen = means[4],
            WinVsSft = means[5],
        };
    }
}
