using System.Text.Json.Serialization;

namespace Alignment.Evaluation;

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
internal static class Summaries
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
        var columns = SampleColumns.OfWhole(samples);
        return Summarise(columns, new Bootstrap(columns.Score.Length, seed));
    }

    /// <summary>As above from the numbers alone, with resamples drawn before; a metric of unknown numbers has an estimate that is not a number.</summary>
    /// <exception cref="ArgumentException">The bootstrap is for another number of prompts.</exception>
    public static RunSummary Summarise(SampleColumns samples, Bootstrap bootstrap)
    {
        IReadOnlyDictionary<SampleMetric, Estimate> means = bootstrap.MeansOf(SampleMetrics.All, metric => metric.OfColumns(samples));
        return new RunSummary
        {
            Samples = samples.Score.Length,
            MeanScore = means[SampleMetrics.Score],
            MeanLength = means[SampleMetrics.Length],
            MeanKl = means[SampleMetrics.Kl],
            MeanKlPerToken = means[SampleMetrics.KlPerToken],
            WinVsChosen = means[SampleMetrics.WinVsChosen],
            WinVsSft = means[SampleMetrics.WinVsSft],
        };
    }
}
