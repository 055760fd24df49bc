using Alignment.Evaluation;
using Alignment.Reports.Numbers;
using Alignment.Reports.Text;
using Alignment.Sweeps;

namespace Alignment.Reports.Tables;

/// <summary>The data's own pairs beside those of a round on-policy.</summary>
internal static class OnPolicyTable
{
    public const string Id = "on-policy", Lead = "lead on-policy";

    /// <summary>on-policy: a row a method; nothing of a sweep without such a round.</summary>
    public static IEnumerable<ReportTable> Of(ReportData data)
    {
        if (data.OnPolicy is not { } round)
            yield break;
        yield return new(Id, "Offline or one round on-policy?", Note(data, round), new Table(
            [
                new("method"), Column.Of("settings offline", "settings_offline", 0), Column.Of("settings on-policy", "settings_onpolicy", 0),
                Column.Of("pairs offline", "pairs_offline", 0), Column.Of("pairs on-policy", "pairs_onpolicy", 0),
                Column.Estimates("score offline", "score_offline"), Column.Estimates("score on-policy", "score_onpolicy"), Column.Estimates(Lead, "lead", isChange: true),
                Column.Estimates(LengthOf(data), "length_difference", 1, isChange: true), Column.Estimates("wins of the best on-policy", "win_rate"), new("verdict"),
            ],
            [.. data.Rounds.Select(method => Row(data, round, method))]));
    }

    private static string LengthOf(ReportData data) => $"longer by, {data.Sweep.LengthUnit}";

    private static IReadOnlyList<Cell> Row(ReportData data, ReportData round, RoundComparison pair)
    {
        StoredRun best = pair.OnPolicy.Best!, offline = pair.Offline.Best!;
        double[] longer = [.. round.Columns(best).Length.Zip(data.Columns(offline).Length, (a, b) => a - b)];
        return
        [
            pair.Offline.Method, data.Picks(pair.Offline).Settings, round.Picks(pair.OnPolicy).Settings,
            Count(pair.Offline), Count(pair.OnPolicy), Score(data, pair.Offline), Score(round, pair.OnPolicy), pair.Lead,
            data.Bootstrap.Mean(longer), HeadToHead.Of(round.Columns(best), data.Columns(offline), data.Bootstrap).FirstWins, Verdict(pair),
        ];
    }

    private static Estimate Score(ReportData data, MethodRuns method) => GridLead.OfOne(data.Picks(method), data.Picks(method).Settings, data.Bootstrap.Clusters).Interval(0.95);

    private static double Count(MethodRuns method) => method.Ranked.Select(run => run.Facts.Data?.TrainingPairs).FirstOrDefault(pairs => pairs > 0) ?? double.NaN;

    private static string Verdict(RoundComparison pair) =>
        pair.Ahead > 0 ? "on-policy is better" : pair.Ahead < 0 ? "offline is better" : pair.SeedsAreKnown ? "not told apart" : "not told apart: noise of seeds unknown";

    private static string Note(ReportData data, ReportData round)
    {
        ResampleFacts? facts = RoundComparison.Facts(data);
        string judge = round.Sweep.ChosenBy is { Pairs: > 0 } chooser
            ? $"{chooser.Name}, right on {Estimates.Text(chooser.Accuracy, 2)} of the test set's {Digits.Fixed(chooser.Pairs, 0)} pairs" : "a judge that does not decide";
        string made = facts == null ? "" : $" {Digits.Fixed(facts.Responses, 0)} responses to each training prompt gave {facts}; by that judge the chosen ones score "
            + $"{Digits.Fixed(facts.ChosenScore, 3)} and the rejected ones {Digits.Fixed(facts.RejectedScore, 3)} on average.";
        return $"Offline: the data's own pairs. On-policy: the {data.Sweep.StartModel}'s best and worst response to the same prompts, chosen by {judge}.{made} Both start from the "
            + $"{data.Sweep.StartModel} and try the same settings{Budget(data, facts)}. Score: what another run of the best setting is expected to give on other prompts. Lead: what another run of "
            + "the pick of k settings on-policy scores above that of as many offline, on average over k = 1, 5 and 20 or as many as both have; seeds and prompts vary, the winner's curse is taken "
            + "off, and all intervals hold at once with chance 0.95. Longer by, wins: of the best run on-policy over the best offline, 95 % over prompts.";
    }

    private static string Budget(ReportData data, ResampleFacts? facts) => facts == null || RoundComparison.OfflinePairs(data) is not { } pairs ? ""
        : facts.Pairs == pairs ? $" on {Digits.Fixed(pairs, 0)} pairs each" : $", but not on as many pairs: {Digits.Fixed(facts.Pairs, 0)} on-policy and {Digits.Fixed(pairs, 0)} offline, "
            + "so that an epoch has other steps";
}
