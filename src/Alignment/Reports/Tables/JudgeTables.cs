using Alignment.Reports.Numbers;
using Alignment.Sweeps;

namespace Alignment.Reports.Tables;

/// <summary>Who scored the runs, how good they are, and how far they agree; nothing where a store does not say.</summary>
internal static class JudgeTables
{
    public const string Judges = "judges", Accuracy = "accuracy", Agreement = "judge-agreement", PairsAlike = "pairs of responses alike", Correlation = "rank correlation";

    /// <summary>judges, and with several of them judge-agreement and judge-runs.</summary>
    public static IEnumerable<ReportTable> Of(ReportData data)
    {
        if (data.Sweep.Judge is null)
            yield break;
        yield return OfJudges(data);
        if (data.Others.Count == 0)
            yield break;
        yield return OfPairs(data);
        yield return OfRuns(data);
    }

    private static ReportTable OfJudges(ReportData data) => new(Judges, "Who judged?",
        "Accuracy: share of the test set's pairs whose chosen response the judge scores higher, a tie as half; brackets: 95 % (Wilson). 0.5 is a coin. The first "
        + "judge decides: its scores say from which run the others start, which weights are kept, and what stands in the other tables."
        + (data.Sweep.Judge!.Pairs == 0 ? " The test prompts come with no pairs, so that no accuracy is known." : ""),
        new Table([new("judge"), new("model"), Column.Estimates(Accuracy, "accuracy"), Column.Of("pairs", "pairs", 0), Column.Of("ties", "ties", 0), new("decides")],
            [.. data.ByJudge.Select(judge => judge.Sweep.Judge!).Select(judge => (IReadOnlyList<Cell>)
                [judge.Name, judge.Model, judge.Accuracy, judge.Pairs, judge.Pairs == 0 ? Cell.Empty : judge.Ties, judge.Decides ? "yes" : "no"])]));

    private static ReportTable OfPairs(ReportData data) => new(Agreement, "Do the judges agree?",
        "Of the start and all preference runs. Rank correlation: Spearman's between the two judges' scores of the runs' responses to one prompt. Pairs of responses "
        + "alike: share of pairs of responses to one prompt that both put in the same order, a tie by one as half. Both are means over prompts; brackets: 95 % over prompts; "
        + "a prompt that leaves nothing to compare counts as chance. Run pairs alike: how many pairs of runs both put in the same order by their means.",
        new Table(
            [
                Column.Text("judges", "judges"), Column.Estimates(Correlation, "rank_correlation"), Column.Estimates(PairsAlike, "pairs_alike"),
                Column.Of("run pairs alike", "run_pairs_alike", 0), Column.Of("run pairs", "run_pairs", 0), Column.Of("rank correlation of runs", "run_rank_correlation"),
            ],
            [.. data.JudgeComparisons.Select(pair => (IReadOnlyList<Cell>)[pair.Key, pair.RankCorrelation, pair.PairsAlike, pair.RunPairsAlike, pair.RunPairs, pair.RunRankCorrelation])]));

    private static ReportTable OfRuns(ReportData data) => new("judge-runs", "Runs by each judge",
        "Mean score and rank of each run by each judge, in the order of the first. Scores of two judges have different units: compare ranks.",
        new Table(
            [
                new("run"), .. data.ByJudge.Select(judge => judge.Sweep.Judge!.Name)
                    .SelectMany(name => new[] { Column.Estimates($"score by {name}", $"score_{name}"), Column.Of($"rank by {name}", $"rank_{name}", 0) }),
            ],
            [.. Ranked(data.Sweep).Select(run => (IReadOnlyList<Cell>)[run.Id, .. data.ByJudge.SelectMany(judge => Cells(judge.Sweep, run))])]))
    {
        IsCited = false,
    };

    private static IReadOnlyList<StoredRun> Ranked(StoredSweep sweep) =>
        [.. JudgeComparison.Runs(sweep).OrderByDescending(run => run.Summary.MeanScore.Value).ThenBy(run => run.Id, StringComparer.Ordinal)];

    private static IEnumerable<Cell> Cells(StoredSweep sweep, StoredRun run)
    {
        (int Index, StoredRun Item)[] same = [.. Ranked(sweep).Index().Where(other => other.Item.Point.Slug == run.Point.Slug)];
        return same is [var found] ? [found.Item.Summary.MeanScore, found.Index + 1] : [Cell.Empty, Cell.Empty];
    }
}
