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
