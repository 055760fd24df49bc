using Alignment.Data.World;
using Alignment.Rewards;

namespace Alignment.Sweeps;

/// <summary>The embedded world's programmatic gold reward: <see cref="WorldJudge.Score"/> behind the interface of a reward model.</summary>
public sealed class WorldReward : IRewardModel
{
    /// <inheritdoc/>
    public IReadOnlyList<double> Score(IReadOnlyList<ScoringRequest> requests) =>
        [.. requests.Select(request => WorldJudge.Score(request.Prompt, request.Response))];

    /// <summary>Nothing is held.</summary>
    public void Dispose()
    {
    }
}
