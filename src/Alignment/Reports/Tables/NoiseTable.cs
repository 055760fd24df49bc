using Alignment.Evaluation;
using Alignment.Reports.Numbers;

namespace Alignment.Reports.Tables;

/// <summary>What moves a mean score besides the method: settings, training seeds and prompts, apart.</summary>
public static class NoiseTable
{
    /// <summary>noise: a row a method.</summary>
    public static ReportTable Of(ReportData data) => new("noise", "How much of a score is noise?",
        "Standard deviations of a mean score. Settings: between grid points. Seeds: between training runs of one point, prompts taken out; "
        + "empty where no point was trained with two seeds. Prompts: standard error of one run's mean over these prompts.",
        new Table(
            [
                new("method"), Column.Of("settings", "settings", 0), Column.Of("runs", "runs", 0), Column.Of("sd over settings", "sd_settings"),
                Column.Of("sd over seeds", "sd_seeds"), Column.Of("se over prompts", "se_prompts"),
            ],
            [.. data.Finished.Select(method => Row(data, method))]));

    /// <summary>The variation over seeds of a method, or null where no point was trained with two.</summary>
    public static SeedVariation? Seeds(ReportData data, MethodRuns method) => SeedVariation.Of(
        MethodSettings.Of(method).Select(point => (IReadOnlyList<double[]>)[.. point.Runs.Select(run => data.Columns(run).Score)]));

    private static IReadOnlyList<Cell> Row(ReportData data, MethodRuns method)
    {
        IReadOnlyList<Setting> points = MethodSettings.Of(method);
        double prompts = data.Scores(method).Average(run => Distribution.Of(run).SampleStandardDeviation) / Math.Sqrt(data.Prompts);
        return
        [
            method.Method, points.Count, method.Ranked.Count,
            points.Count > 1 ? Distribution.Of(points.Select(point => point.Score)).SampleStandardDeviation : Cell.Empty,
            Seeds(data, method)?.SeedDeviation ?? double.NaN, prompts,
        ];
    }
}
