using Alignment.Evaluation;
using Alignment.Sweeps;

namespace Alignment.Reports.Numbers;

/// <summary>Two judges of the same runs beside each other.</summary>
/// <param name="First">The name of one.</param>
/// <param name="Second">The name of the other.</param>
/// <param name="RankCorrelation">Spearman's, of the runs' responses to one prompt; mean over the prompts with its interval.</param>
/// <param name="PairsAlike">Share of pairs of responses to one prompt that both put in the same order; mean over the prompts with its interval.</param>
/// <param name="RunPairsAlike">Pairs of runs whose means both put in the same order.</param>
/// <param name="RunPairs">Pairs of runs.</param>
/// <param name="RunRankCorrelation">Spearman's, of the runs' means.</param>
internal sealed record JudgeComparison(string First, string Second, Estimate RankCorrelation, Estimate PairsAlike, int RunPairsAlike, int RunPairs, double RunRankCorrelation)
{
    /// <summary>Its row in the table.</summary>
    public string Key => $"{First} and {Second}";

    /// <summary>All pairs of a sweep's judges, on the runs that both have scored; of fewer than two runs there is nothing to compare.</summary>
    public static IReadOnlyList<JudgeComparison> Of(ReportData data)
    {
        IReadOnlyList<ReportData> judges = data.ByJudge;
        return [.. judges.SelectMany((first, i) => judges.Skip(i + 1).Select(second => Compare(first, second))).OfType<JudgeComparison>()];
    }

    /// <summary>The runs of a sweep that are compared: the start of all and the preference runs, by grid point.</summary>
    public static IReadOnlyList<StoredRun> Runs(StoredSweep sweep) => [.. new[] { sweep.Sft }.OfType<StoredRun>(), .. sweep.Runs];

    private static JudgeComparison? Compare(ReportData first, ReportData second)
    {
        (StoredRun First, StoredRun Second)[] both =
            [.. Runs(first.Sweep).Join(Runs(second.Sweep), run => run.Point.Slug, run => run.Point.Slug, (one, other) => (one, other))];
        if (both.Length < 2)
            return null;
        double[][] one = [.. both.Select(run => first.Columns(run.First).Score)], other = [.. both.Select(run => second.Columns(run.Second).Score)];
        double[] oneMeans = [.. both.Select(run => run.First.Summary.MeanScore.Value)], otherMeans = [.. both.Select(run => run.Second.Summary.MeanScore.Value)];
        Estimate[] perPrompt = first.Bootstrap.Means([JudgeAgreement.RankCorrelations(one, other), JudgeAgreement.PairsAlike(one, other)]);
        (int alike, int pairs) = JudgeAgreement.RunPairsAlike(oneMeans, otherMeans);
        return new(first.Sweep.Judge!.Name, second.Sweep.Judge!.Name, perPrompt[0], perPrompt[1], alike, pairs, JudgeAgreement.RankCorrelation(oneMeans, otherMeans));
    }
}
