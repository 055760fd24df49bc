using System.Text.Json.Serialization;

namespace Alignment.Evaluation;

/// <summary>
/// One sampled response with everything the metrics need; a line of samples.jsonl. In results imported from elsewhere the scores of the chosen
/// and the SFT response and the log-probabilities may be unknown: null in the file, not a number here.
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

    /// <summary>Its token ids, EOS included where it ended.</summary>
    [JsonPropertyName("tokens")] public required IReadOnlyList<int> Tokens { get; init; }

    /// <summary>The response ended in EOS before the limit of new tokens.</summary>
    [JsonPropertyName("ended")] public required bool Ended { get; init; }

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

    /// <summary>Response length in the policy's tokens, EOS included.</summary>
    [JsonIgnore] public int Length => Tokens.Count;

    /// <summary>The sample's share of KL(policy ‖ SFT), nats.</summary>
    [JsonIgnore] public double Kl => PolicyLogProb - SftLogProb;
}
