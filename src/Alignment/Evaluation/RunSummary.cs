using System.Text.Json.Serialization;

namespace Alignment.Evaluation;

/// <summary>The metrics of one run, computed from its samples and held-out pairs alone; the content of summary.json.</summary>
public sealed record RunSummary
{
    /// <summary>Number of prompts.</summary>
    [JsonPropertyName("samples")] public required int Samples { get; init; }

    /// <summary>Mean gold score.</summary>
    [JsonPropertyName("mean_score")] public required Estimate MeanScore { get; init; }

    /// <summary>Mean response length in tokens, the end included.</summary>
    [JsonPropertyName("mean_length")] public required Estimate MeanLength { get; init; }

    /// <summary>Mean over samples of Σ log π/π_SFT, nats.</summary>
    [JsonPropertyName("mean_kl")] public required Estimate MeanKl { get; init; }

    /// <summary>Mean over samples of that sum divided by the sample's own length, nats per token.</summary>
    [JsonPropertyName("mean_kl_per_token")] public required Estimate MeanKlPerToken { get; init; }

    /// <summary>Share of prompts on which the response scores strictly higher than the chosen one.</summary>
    [JsonPropertyName("win_vs_chosen")] public required Estimate WinVsChosen { get; init; }

    /// <summary>Share of prompts on which the response scores strictly higher than the SFT model's.</summary>
    [JsonPropertyName("win_vs_sft")] public required Estimate WinVsSft { get; init; }

    /// <summary>Mean over samples of the k3 estimate of KL(π ‖ π_SFT), which is never negative, nats.</summary>
    [JsonPropertyName("mean_kl_k3")] public Estimate MeanKlK3 { get; init; } = s_unknown;

    /// <summary>Share of responses cut at the limit of new tokens.</summary>
    [JsonPropertyName("cut_share")] public Estimate CutShare { get; init; } = s_unknown;

    /// <summary>Share of test prompts that lost their beginning to the limit of prompt tokens.</summary>
    [JsonPropertyName("prompts_cut_share")] public Estimate PromptsCutShare { get; init; } = s_unknown;

    /// <summary>Share of the gold model's inputs that lost their beginning to its length limit.</summary>
    [JsonPropertyName("gold_inputs_cut_share")] public Estimate GoldInputsCutShare { get; init; } = s_unknown;

    /// <summary>What training did to held-out pairs' own responses; null for the model that training starts from, and where nobody knows.</summary>
    [JsonPropertyName("moved"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public Moved? Moved { get; init; }

    // earlier versions stored less
    private static readonly Estimate s_unknown = new(double.NaN, double.NaN, double.NaN);
}

/// <summary>Computes a run's metrics from its samples alone.</summary>
internal static class Summaries
{
    /// <summary>
    /// The metrics of one run, each with the 95 % percentile interval of <see cref="Bootstrap.DefaultResamples"/> resamples of its prompts, those of
    /// one text together. Wins are strict; the order of the samples does not matter.
    /// </summary>
    /// <param name="samples">One sample a prompt, at least one.</param>
    /// <param name="seed">The sweep's seed: runs on the same prompts are resampled alike, so their intervals are paired.</param>
    /// <exception cref="InvalidDataException">A prompt is there twice, or a value is not usable.</exception>
    public static RunSummary Summarise(IReadOnlyList<SampleRow> samples, ulong seed)
    {
        var columns = SampleColumns.OfWhole(samples);
        return Summarise(columns, new Bootstrap(PromptClusters.OfTexts(samples.OrderBy(row => row.PromptIndex).Select(row => row.Prompt)), seed));
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
            MeanKlK3 = means[SampleMetrics.KlK3],
            CutShare = means[SampleMetrics.Cut],
            PromptsCutShare = means[SampleMetrics.PromptsCut],
            GoldInputsCutShare = means[SampleMetrics.GoldInputsCut],
        };
    }
}
