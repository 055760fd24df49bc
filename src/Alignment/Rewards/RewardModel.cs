using Alignment.Models;

namespace Alignment.Rewards;

/// <summary>A prompt as text and one response to it.</summary>
/// <param name="Prompt">Up to the opening of the response.</param>
/// <param name="Response">Its text.</param>
/// <param name="Ended">It ended by itself; one that was cut must not be read as if it had.</param>
internal sealed record ScoringRequest(string Prompt, string Response, bool Ended = true)
{
    /// <summary>From where to where messages' own texts stand in the prompt; the rest is the template's.</summary>
    public IReadOnlyList<(int From, int To)> Messages { get; init; } = [];

    /// <summary>The whole as ids, where a template writes conversations as wholes; null: they are made of prompt and response.</summary>
    public int[]? Ids { get; init; }
}

/// <summary>The score of a response.</summary>
/// <param name="Value">Higher is better.</param>
/// <param name="InputCut">The model read prompt and response without their beginning: they were longer than it takes.</param>
internal readonly record struct RewardScore(double Value, bool InputCut);

/// <summary>Scores responses; higher is better.</summary>
internal interface IRewardModel : IDisposable
{
    /// <summary>One score per request, in order; a score does not depend on the other requests.</summary>
    IReadOnlyList<RewardScore> Score(IReadOnlyList<ScoringRequest> requests);
}

/// <summary>A reward model's network behind a tokenizer.</summary>
/// <param name="network">Owned: disposed with this.</param>
/// <param name="tokenize">Prompt and response → the whole dialogue's ids, as in training.</param>
/// <param name="settings">Cutting and batching.</param>
/// <param name="ask">Told the rows before they are scored, so that the other ranks score them, too; null where there are none.</param>
internal sealed class NetworkRewardModel(
    IRewardNetwork network, Func<ScoringRequest, int[]> tokenize, RewardScoringSettings settings, Action<int[][]>? ask = null) : IRewardModel
{
    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A request has no tokens or an id outside the vocabulary.</exception>
    public IReadOnlyList<RewardScore> Score(IReadOnlyList<ScoringRequest> requests)
    {
        var rows = new int[requests.Count][];
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] = requests[i].Ids ?? tokenize(requests[i]);
            if (RewardBatch.Fault(rows[i], (int)network.Vocabulary) is { } fault)
                throw new ArgumentException($"request {i} cannot be scored: {fault}");
        }
        ask?.Invoke(rows);
        return [.. RewardScorer.Score(network, rows, settings).Zip(rows, (score, row) => new RewardScore(score, row.Length > settings.MaxLength))];
    }

    /// <summary>Frees the network.</summary>
    public void Dispose() => network.Dispose();
}
