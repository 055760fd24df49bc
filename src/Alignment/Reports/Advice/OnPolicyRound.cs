using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Reports.Text;

namespace Alignment.Reports.Advice;

/// <summary>Whether pairs sampled from the SFT model beat the data's own, and what that rests on.</summary>
internal static class OnPolicyRound
{
    /// <summary>Nothing of a sweep without such a round.</summary>
    public static IEnumerable<Finding> Of(ReportData data)
    {
        if (data.OnPolicy is not { } round)
            yield break;
        IReadOnlyList<RoundComparison> rounds = data.Rounds;
        if (rounds.Count == 0)
        {
            yield return new Finding("No method has finished runs both on the data's own pairs and in the round on-policy, so nothing can be compared yet.");
            yield break;
        }

        foreach ((int ahead, string text) in new[] { (1, "beat the data's own pairs"), (-1, "are behind the data's own pairs"), (0, "are not told apart from the data's own") })
        {
            RoundComparison[] of = [.. rounds.Where(method => method.Ahead == ahead)];
            if (of.Length > 0)
                yield return Finding.Of($"Pairs sampled from the {data.Sweep.StartModel} {text} with {Words.And(of.Select(method => $"{method.Offline.Method}, {Estimates.Change(method.Lead, 3)}"))}.",
                    OnPolicyTable.Id, of.Select(method => method.Offline), OnPolicyTable.Lead);
        }

        if (RoundComparison.Facts(data) is { } facts && RoundComparison.OfflinePairs(data) is { } pairs && facts.Pairs != pairs)
            yield return Finding.Of($"The budgets are not equal: {Digits.Fixed(facts.Pairs, 0)} pairs on-policy stand against {Digits.Fixed(pairs, 0)} of the data's own.",
                OnPolicyTable.Id, rounds.Select(method => method.Offline).Take(1), "pairs on-policy");
        if (round.Sweep.ChosenBy is { Pairs: > 0, Accuracy.Low: <= 0.5 } judge)
            yield return new Finding($"The judge that chose the pairs, {judge.Name}, is not told apart from a coin on the test set's {Digits.Fixed(judge.Pairs, 0)} pairs: "
                + "another one may lead elsewhere.");
    }
}
