using Alignment.Evaluation;
using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Reports.Text;
using Alignment.Sweeps;

namespace Alignment.Reports.Advice;

/// <summary>How far the judge can be trusted, and where other judges would answer otherwise.</summary>
internal static class Judging
{
    public static IEnumerable<Finding> Of(ReportData data)
    {
        if (data.Sweep.Judge is null)
            yield break;
        foreach (JudgeFacts judge in data.ByJudge.Select(by => by.Sweep.Judge!))
            yield return Trust(judge, data.Others.Count > 0);
        foreach (JudgeComparison pair in data.JudgeComparisons)
            yield return new Finding($"{pair.First} and {pair.Second} put {Estimates.Text(pair.PairsAlike, 3)} of the pairs of responses to one prompt in the same order (rank correlation "
                + $"{Estimates.Text(pair.RankCorrelation, 3)}), and {Digits.Fixed(pair.RunPairsAlike, 0)} of {Digits.Fixed(pair.RunPairs, 0)} pairs of runs.",
                new Source(JudgeTables.Agreement, pair.Key, JudgeTables.PairsAlike), new Source(JudgeTables.Agreement, pair.Key, JudgeTables.Correlation));
        foreach (ReportData other in data.Others)
        {
            string name = other.Sweep.Judge!.Name;
            yield return new Finding(Agrees(data, other) ? $"By {name} the answer is the same." : $"By {name} the answer is another: {Recommendation.OwnAnswer(other).Text}");
            if (OtherBests(data, other) is { Length: > 0 } bests)
                yield return new Finding($"By {name} another run is best: {Words.And(bests)}.");
        }
    }

    /// <summary>The judges that give another answer, in a sentence for behind the first one's; nothing where all give the same.</summary>
    public static string Objection(ReportData data)
    {
        string[] names = [.. data.Others.Where(other => !Agrees(data, other)).Select(other => other.Sweep.Judge!.Name)];
        return names.Length == 0 ? "" : $" The judges disagree: by {Words.And(names)} the answer is another.";
    }

    private static Finding Trust(JudgeFacts judge, bool isOneOfSeveral)
    {
        if (judge.Pairs == 0)
            return new Finding($"{(isOneOfSeveral ? judge.Name : $"The judge, {judge.Name},")} is unchecked: the test prompts come with no pairs that tell whether it prefers what people prefer"
                + (judge.Decides ? ", and every conclusion here rests on it." : "."));
        string ties = judge.Ties > 0 ? $", {Digits.Fixed(judge.Ties, 0)} ties as half" : "";
        string text = $"{(isOneOfSeveral ? $"{judge.Name} puts" : $"The judge, {judge.Name}, puts")} the chosen response above the rejected one in {Estimates.Text(judge.Accuracy, 3)} "
            + $"of the {Digits.Fixed(judge.Pairs, 0)} pairs of the test set{ties}";
        return new Finding(text + Verdict(judge.Accuracy, judge.Decides), new Source(JudgeTables.Judges, judge.Name, JudgeTables.Accuracy));
    }

    private static string Verdict(Estimate accuracy, bool decides) => accuracy switch
    {
        { High: < 0.5 } => ": it prefers what people rejected. Check its template and tokenizer with the doctor before anything is concluded.",
        { Low: <= 0.5 } => ": that is not told apart from a coin, and nothing here is worth more than that.",
        _ => decides ? ": every conclusion here rests on it." : ".",
    };

    private static bool Agrees(ReportData data, ReportData other) => Uses(data).SequenceEqual(Uses(other));

    // at each budget the methods that are named, in one order
    private static IEnumerable<string> Uses(ReportData data) =>
        BudgetChoice.Of(data)?.All.Select(budget => $"{string.Join(' ', budget.Trials)}: {string.Join(", ", budget.Use.Order(StringComparer.Ordinal))}") ?? [];

    private static string[] OtherBests(ReportData data, ReportData other) =>
    [
        .. from mine in data.Finished
           join its in other.Finished on mine.Method equals its.Method
           where mine.Best!.Point.Slug != its.Best!.Point.Slug
           select $"{its.Best!.Point.Slug}, not {mine.Best!.Point.Slug}",
    ];
}
