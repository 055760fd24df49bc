using Alignment.Models;

namespace Alignment.Rewards;

/// <summary>A prompt as text and one response to it.</summary>
internal sealed record ScoringRequest(string Prompt, string Response);

/// <summary>Scores responses; higher is better.</summary>
internal interface IRewardModel : IDisposable
{
    /// <summary>One score per request, in order; a score does not depend on the other requests.</summary>
    IReadOnlyList<double> Score(IReadOnlyList<ScoringRequest> requests);
}

/// <summary>A reward model's network behind a tokenizer.</summary>
/// <param name="network">Owned: disposed with this.</param>
/// <param name="tokenize">Prompt and response → the whole dialogue's ids, as in training.</param>
/// <param name="settings">Cutting and batching.</param>
internal sealed class NetworkRewardModel(IRewardNetwork network, Func<ScoringRequest, int[]> tokenize, RewardScoringSettings settings) : IRewardModel
{
    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A request has no tokens or an id outside the vocabulary.</exception>
    public IReadOnlyList<double> Score(IReadOnlyList<ScoringRequest> requests)
    {
        var rows = new int[requests.Count][];
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] = tokenize(requests[i]);
            if (RewardBatch.Fault(rows[i], (int)network.Vocabulary) is { } fault)
                throw new ArgumentException($"request {i} cannot be scored: {fault}");
        }
        return RewardScorer.Score(network, rows, settings);
    }

    /// <summary>Frees the network.</summary>
    public void Dispose() => network.Dispose();
}
