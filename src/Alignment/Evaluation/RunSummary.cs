using System.Text.Json.Serialization;

namespace Alignment.Evaluation;

/// <summary>A figure with its 95 % confidence interval (paired bootstrap over prompts); not a number where imported results lack it.</summary>
public sealed record Estimate(
    [property: JsonPropertyName("value"), JsonConverter(typeof(UnknownAsNull))] double Value,
    [property: JsonPropertyName("low"), JsonConverter(typeof(UnknownAsNull))] double Low,
    [property: JsonPropertyName("high"), JsonConverter(typeof(UnknownAsNull))] double High);

/// <summary>The paper's metrics of one run, computed from its samples alone; the content of summary.json.</summary>
public sealed record RunSummary
{
    /// <summary>Number of prompts.</summary>
    [JsonPropertyName("samples")] public required int Samples { get; init; }

    /// <summary>Mean gold score.</summary>
    [JsonPropertyName("mean_score")] public required Estimate MeanScore { get; init; }

    /// <summary>Mean response length in tokens, EOS included.</summary>
    [JsonPropertyName("mean_length")] public required Estimate MeanLength { get; init; }

    /// <summary>Mean over samples of Σ log π/π_SFT, nats.</summary>
    [JsonPropertyName("mean_kl")] public required Estimate MeanKl { get; init; }

    /// <summary>Mean over samples of that sum divided by the sample's own length, nats per token.</summary>
    [JsonPropertyName("mean_kl_per_token")] public required Estimate MeanKlPerToken { get; init; }

    /// <summary>Share of prompts on which the response scores strictly higher than the chosen one.</summary>
    [JsonPropertyName("win_vs_chosen")] public required Estimate WinVsChosen { get; init; }

    /// <summary>Share of prompts on which the response scores strictly higher than the SFT model's.</summary>
    [JsonPropertyName("win_vs_sft")] public required Estimate WinVsSft { get; init; }
}

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

/// <summary>One of a run's metrics: the mean over prompts of a number each sample has.</summary>
/// <param name="Name">Its column in tables and JSON.</param>
/// <param name="OfSample">The number of one sample.</param>
/// <param name="OfRun">The same metric in a finished summary.</param>
/// <param name="OfColumns">[prompts] the number of every sample; not a number where it is unknown.</param>
public sealed record SampleMetric(string Name, Func<SampleRow, double> OfSample, Func<RunSummary, Estimate> OfRun, Func<SampleColumns, double[]> OfColumns);

/// <summary>The paper's six metrics, in the order of its Table 1.</summary>
public static class SampleMetrics
{
    /// <summary>Score, length, KL, KL per token, win vs chosen, win vs SFT.</summary>
    public static IReadOnlyList<SampleMetric> All { get; } =
    [
        new("mean_score", row => row.Score, summary => summary.MeanScore, columns => columns.Score),
        new("mean_length", row => row.Length, summary => summary.MeanLength, columns => columns.Length),
        new("mean_kl", row => row.Kl, summary => summary.MeanKl, columns => columns.Kl),
        new("mean_kl_per_token", row => row.Kl / row.Length, summary => summary.MeanKlPerToken, columns => columns.KlPerToken),
        new("win_vs_chosen", row => row.Score > row.ChosenScore ? 1 : 0, summary => summary.WinVsChosen, columns => Wins(columns, columns.ChosenScore)),
        new("win_vs_sft", row => row.Score > row.SftScore ? 1 : 0, summary => summary.WinVsSft, columns => Wins(columns, columns.SftScore)),
    ];

    /// <summary>[samples] the metric's number for each of <paramref name="samples"/>.</summary>
    public static double[] Column(IReadOnlyList<SampleRow> samples, SampleMetric metric) => [.. samples.Select(metric.OfSample)];

    private static double[] Wins(SampleColumns columns, double[] others) =>
        [.. columns.Score.Zip(others, (a, b) => double.IsNaN(b) ? double.NaN : a > b ? 1 : 0)];
}
