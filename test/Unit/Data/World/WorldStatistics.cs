using Alignment.Data;
using Alignment.Data.World;

namespace Alignment.Tests.Unit.Data.World;

/// <summary>What a set of pairs of the world is like.</summary>
/// <param name="Pairs">How many.</param>
/// <param name="HarmfulShare">Share of pairs with a harmful prompt.</param>
/// <param name="ChosenScore">Mean gold score of the chosen responses.</param>
/// <param name="RejectedScore">Mean gold score of the rejected ones.</param>
/// <param name="Agreement">Share of pairs whose chosen response has strictly the higher gold score.</param>
/// <param name="Ties">Share of pairs whose responses have exactly the same gold score.</param>
/// <param name="ChosenWords">Mean length of the chosen responses in words.</param>
/// <param name="RejectedWords">Mean length of the rejected ones.</param>
internal sealed record WorldStatistics(
    int Pairs, double HarmfulShare, double ChosenScore, double RejectedScore, double Agreement, double Ties, double ChosenWords, double RejectedWords)
{
    /// <summary>Describes pairs of the world, at least one.</summary>
    public static WorldStatistics Of(IReadOnlyList<PreferencePair> pairs)
    {
        (double Chosen, double Rejected)[] scores =
            [.. pairs.Select(pair => (WorldJudge.Score(pair.Prompt[^1].Text, pair.Chosen), WorldJudge.Score(pair.Prompt[^1].Text, pair.Rejected)))];
        return new(
            pairs.Count,
            pairs.Average(pair => WorldTopic.Find(pair.Prompt[^1].Text)?.Intent is null ? 0.0 : 1.0),
            scores.Average(score => score.Chosen),
            scores.Average(score => score.Rejected),
            scores.Average(score => score.Chosen > score.Rejected ? 1.0 : 0.0),
            scores.Average(score => score.Chosen == score.Rejected ? 1.0 : 0.0),
            pairs.Average(pair => pair.Chosen.Split(' ').Length),
            pairs.Average(pair => pair.Rejected.Split(' ').Length));
    }
}
