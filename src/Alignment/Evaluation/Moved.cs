using System.Text.Json.Serialization;

namespace Alignment.Evaluation;

/// <summary>
/// What training has done to the likelihood of held-out pairs' own responses: changes of log-probability against the SFT model, each the mean over the pairs
/// with its 95 % interval (bootstrap over prompts). A loss of margins can fall while the chosen responses become less likely (Razin et al. 2024,
/// arXiv 2410.08847).
/// </summary>
public sealed record Moved
{
    // a chosen token that has lost a tenth of its probability
    private const double LargePerToken = -0.1;

    /// <summary>Held-out pairs.</summary>
    [JsonPropertyName("pairs")] public required int Pairs { get; init; }

    /// <summary>Change of the chosen responses' summed log-probability, nats.</summary>
    [JsonPropertyName("chosen")] public required Estimate Chosen { get; init; }

    /// <summary>Change of the rejected responses' summed log-probability, nats.</summary>
    [JsonPropertyName("rejected")] public required Estimate Rejected { get; init; }

    /// <summary>The chosen responses' change, each divided by its own tokens, nats per token.</summary>
    [JsonPropertyName("chosen_per_token")] public required Estimate ChosenPerToken { get; init; }

    /// <summary>The rejected responses' change, each divided by its own tokens, nats per token.</summary>
    [JsonPropertyName("rejected_per_token")] public required Estimate RejectedPerToken { get; init; }

    /// <summary>Share of pairs whose chosen response has become less likely.</summary>
    [JsonPropertyName("chosen_fell")] public required Estimate ChosenFell { get; init; }

    /// <summary>Most chosen responses have become less likely, and by a tenth of a token's probability or more on the mean.</summary>
    internal bool IsAlarming => ChosenFell.Value > 0.5 && ChosenPerToken.Value <= LargePerToken;

    /// <summary>Of the log-probabilities of the same pairs before and after training; null where there are none.</summary>
    /// <param name="pairs">Of each pair its prompt, by which pairs are drawn, and what both models say.</param>
    /// <param name="seed">The sweep's.</param>
    internal static Moved? Of(IReadOnlyList<(string Prompt, HeldOutLogProbs Before, HeldOutLogProbs After)> pairs, ulong seed)
    {
        if (pairs.Count == 0)
            return null;
        double[] chosen = [.. pairs.Select(pair => (double)pair.After.Chosen - pair.Before.Chosen)];
        double[] rejected = [.. pairs.Select(pair => (double)pair.After.Rejected - pair.Before.Rejected)];
        Estimate[] means = new Bootstrap(PromptClusters.OfTexts(pairs.Select(pair => pair.Prompt)), seed).Means(
        [
            chosen, rejected, [.. chosen.Zip(pairs, (change, pair) => change / pair.After.ChosenTokens)],
            [.. rejected.Zip(pairs, (change, pair) => change / pair.After.RejectedTokens)], [.. chosen.Select(change => change < 0 ? 1.0 : 0)],
        ]);
        return new() { Pairs = pairs.Count, Chosen = means[0], Rejected = means[1], ChosenPerToken = means[2], RejectedPerToken = means[3], ChosenFell = means[4] };
    }
}

/// <summary>Summed log-probabilities of a held-out pair's two responses under one model, nats; a line of held-out.jsonl.</summary>
internal sealed record HeldOutLogProbs(
    [property: JsonPropertyName("source")] string Source,
    [property: JsonPropertyName("chosen")] float Chosen,
    [property: JsonPropertyName("rejected")] float Rejected,
    [property: JsonPropertyName("chosen_tokens")] int ChosenTokens,
    [property: JsonPropertyName("rejected_tokens")] int RejectedTokens);
