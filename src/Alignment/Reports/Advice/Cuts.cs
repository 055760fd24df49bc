using System.Globalization;
using Alignment.Evaluation;
using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Reports.Text;
using Alignment.Sweeps;

namespace Alignment.Reports.Advice;

/// <summary>Where more was cut than the sweep's limit allows: responses, prompts, or what the gold model read.</summary>
internal static class Cuts
{
    public static IEnumerable<Finding> Of(ReportData data)
    {
        (string Name, StoredRun Run)[] judged =
        [
            .. data.Sweep.Sft is { } sft ? [(sft.Point.Method, sft)] : Array.Empty<(string, StoredRun)>(), .. data.Finished.Select(method => (method.Method, method.Best!)),
        ];
        double limit = data.Sweep.MaxCutShare;
        (string Name, StoredRun Run)[] Above(SampleMetric metric) => [.. judged.Where(run => metric.OfRun(run.Run.Summary).Value > limit)];
        string above = $"above the limit of {Percent(limit)}";

        if (Above(SampleMetrics.Cut) is { Length: > 0 } cut)
            yield return new Finding($"Responses that reached the limit of new tokens without an end: {Words.And(cut.Select(run => $"{Estimates.Text(run.Run.Summary.CutShare, 3)} ({run.Name})"))}, "
                + $"{above}. Scores, lengths, wins and KL are then those of cut texts: raise maxNewTokens.",
                [.. cut.Select(run => new Source("table1", run.Name, "cut"))]);
        // the prompts are the same in every run
        if (Above(SampleMetrics.PromptsCut) is [var first, ..])
            yield return new Finding($"{Percent(first.Run.Summary.PromptsCutShare.Value)} of the test prompts lost their beginning, {above}: raise maxPrompt.");
        if (Above(SampleMetrics.GoldInputsCut) is { Length: > 0 } gold)
            yield return new Finding("The gold model read prompt and response without their beginning: "
                + $"{Words.And(gold.Select(run => $"{Percent(run.Run.Summary.GoldInputsCutShare.Value)} ({run.Name})"))} "
                + $"of the responses, {above}: raise the gold model's maxLength.");
    }

    private static string Percent(double share) => (100 * share).ToString("0.#", CultureInfo.InvariantCulture) + " %";
}
