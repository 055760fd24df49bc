using System.Text.Json.Serialization;

namespace Alignment.Evaluation;

/// <summary>
/// One sampled response with everything the metrics need; a line of samples.jsonl. In results imported from elsewhere much may be unknown: null in the
/// file, not a number or null here.
/// </summary>
public sealed record SampleRow
{
    /// <summary>Index of the prompt in the test set; the same in every run of a sweep.</summary>
    [JsonPropertyName("prompt_index")] public required int PromptIndex { get; init; }

    /// <summary>The prompt as text.</summary>
    [JsonPropertyName("prompt")] public required string Prompt { get; init; }

    /// <summary>The data set's chosen response.</summary>
    [JsonPropertyName("chosen")] public required string Chosen { get; init; }

    /// <summary>The sampled response.</summary>
    [JsonPropertyName("response")] public required string Response { get; init; }

    /// <summary>Its token ids, the one that ended it included.</summary>
    [JsonPropertyName("tokens")] public required IReadOnlyList<int> Tokens { get; init; }

    /// <summary>The response ended by itself; false: it was cut at the limit of new tokens; null: unknown.</summary>
    [JsonPropertyName("ended")] public required bool? Ended { get; init; }

    /// <summary>Gold score of the response.</summary>
    [JsonPropertyName("score")] public required double Score { get; init; }

    /// <summary>Gold score of the chosen response.</summary>
    [JsonPropertyName("chosen_score"), JsonConverter(typeof(UnknownAsNull))] public required double ChosenScore { get; init; }

    /// <summary>Gold score of the SFT model's response to the same prompt.</summary>
    [JsonPropertyName("sft_score"), JsonConverter(typeof(UnknownAsNull))] public required double SftScore { get; init; }

    /// <summary>Summed log-probability of the response under the policy, nats.</summary>
    [JsonPropertyName("policy_log_prob"), JsonConverter(typeof(UnknownAsNull))] public required double PolicyLogProb { get; init; }

    /// <summary>Summed log-probability of the response under the SFT model, nats.</summary>
    [JsonPropertyName("sft_log_prob"), JsonConverter(typeof(UnknownAsNull))] public required double SftLogProb { get; init; }

    /// <summary>The k3 estimate of KL(policy ‖ SFT) summed over the response's tokens, nats, ≥ 0.</summary>
    [JsonPropertyName("kl_k3"), JsonConverter(typeof(UnknownAsNull))] public double KlK3 { get; init; } = double.NaN;

    /// <summary>The prompt lost its beginning to the limit of prompt tokens; null: unknown.</summary>
    [JsonPropertyName("prompt_cut")] public bool? PromptCut { get; init; }

    /// <summary>The gold model read prompt and response without their beginning; null: unknown.</summary>
    [JsonPropertyName("gold_input_cut")] public bool? GoldInputCut { get; init; }

    /// <summary>Response length in the policy's tokens, its end included.</summary>
    [JsonIgnore] public int Length => Tokens.Count;

    /// <summary>The signed estimate (k1) of KL(policy ‖ SFT), nats.</summary>
    [JsonIgnore] public double Kl => PolicyLogProb - SftLogProb;
}
