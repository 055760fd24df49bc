using Alignment.Evaluation;
using Alignment.Reports.Numbers;
using Alignment.Sweeps;

namespace Alignment.Reports.Tables;

/// <summary>What the grid of each method holds.</summary>
internal static class GridTable
{
    /// <summary>grids: runs, missing runs, spread of scores, share of runs strictly below the SFT model's mean score and cost, per method.</summary>
    public static ReportTable Of(ReportData data) => new("grids", "What the grids hold",
        "Mean scores of every finished run of a method. A run's time is training, generation and scoring.",
        new Table(
            [
                new("method"), Column.Of("runs", "runs", 0), Column.Of("missing", "missing", 0), Column.Of("worst", "worst"),
                Column.Of("median", "median"), Column.Of("best", "best"), Column.Of(Below(data.Sweep), "share_below_sft"),
                Column.Of("seconds per run", "seconds_per_run", 1),
            ],
            [.. data.Methods.Select(method => Row(data, method))]));

    /// <summary>Heading of the column of runs below the model all start from.</summary>
    public static string Below(StoredSweep sweep) => $"share below {sweep.Start}";

    /// <summary>Share of a method's runs that score strictly below the SFT model.</summary>
    internal static double ShareBelow(MethodRuns method, StoredRun sft) =>
        method.MeanScores.Count(score => score < sft.Summary.MeanScore.Value) / (double)method.Ranked.Count;

    private static IReadOnlyList<Cell> Row(ReportData data, MethodRuns method)
    {
        double missing = data.Sweep.Missing.Count(run => run.Point.Method == method.Method);
        if (method.Best is null)
            return [method.Method, 0, missing, Cell.Empty, Cell.Empty, Cell.Empty, Cell.Empty, Cell.Empty];
        var scores = Distribution.Of(method.MeanScores);
        double below = data.Sweep.Sft is { } sft ? ShareBelow(method, sft) : double.NaN;
        return [method.Method, scores.Count, missing, scores.Min, scores.Median, scores.Max, below, method.SecondsPerRun];
    }
}

/// <summary>What moves a mean score besides the method: settings, training seeds and prompts, apart.</summary>
internal static class NoiseTable
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

    /// <summary>The variation over seeds of a method, or null where no setting was trained with two.</summary>
    public static SeedVariation? Seeds(ReportData data, MethodRuns method) => SeedVariation.Of(
        MethodSettings.Of(method).Select(setting => (IReadOnlyList<double[]>)[.. setting.Runs.Select(run => data.Columns(run).Score)]));

    private static IReadOnlyList<Cell> Row(ReportData data, MethodRuns method)
    {
        IReadOnlyList<Setting> settings = MethodSettings.Of(method);
        double prompts = data.Scores(method).Average(run => Distribution.Of(run).SampleStandardDeviation) / Math.Sqrt(data.Prompts);
        return
        [
            method.Method, settings.Count, method.Ranked.Count,
            settings.Count > 1 ? Distribution.Of(settings.Select(setting => setting.Score)).SampleStandardDeviation : Cell.Empty,
            Seeds(data, method)?.SeedDeviation ?? double.NaN, prompts,
        ];
    }
}
