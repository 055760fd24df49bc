namespace Alignment.Rewards;

/// <summary>A prompt as text and one response to it.</summary>
public sealed record ScoringRequest(string Prompt, string Response);

/// <summary>Scores responses; higher is better.</summary>
public interface IRewardModel : IDisposable
{
    /// <summary>One score per request, in order; a score does not depend on the other requests.</summary>
    IReadOnlyList<double> Score(IReadOnlyList<ScoringRequest> requests);
}
