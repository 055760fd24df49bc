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
    // of a setting's gain over the start
    private const double Lost = 0.5;

    /// <summary>noise: a row a method.</summary>
    public static ReportTable Of(ReportData data) => new("noise", "How much of a score is noise?",
        "Standard deviations of a mean score. Settings: between grid points. Seeds: between training runs of one point, prompts taken out; "
        + "empty where no point was trained with two seeds. Collapsed: share of the runs of repeated points that lost over half of what the point's median run gains over "
        + $"{data.Sweep.Start}. Counted: how leads take seeds into account. Prompts: standard error of one run's mean over other prompts.",
        new Table(
            [
                new("method"), Column.Of("settings", "settings", 0), Column.Of("runs", "runs", 0), Column.Of("sd over settings", "sd_settings"),
                Column.Of("sd over seeds", "sd_seeds"), Column.Of("repeats", "repeats", 0), Column.Of("collapsed", "collapsed_share"),
                Column.Text("seeds counted", "seeds_counted"), Column.Of("se over prompts", "se_prompts"),
            ],
            [.. data.Finished.Select(method => Row(data, method))]));

    /// <summary>The variation over seeds of a method, or null where no setting was trained with two.</summary>
    public static SeedVariation? Seeds(ReportData data, MethodRuns method) =>
        SeedVariation.Of(data.GridSettings(method).Select(setting => setting.Runs), data.Bootstrap.Clusters);

    /// <summary>Runs of a method's repeated settings that collapsed, and how many were repeated; none where the sweep has no model that all start from.</summary>
    public static (int Collapsed, int Repeated) Collapsed(ReportData data, MethodRuns method)
    {
        if (data.Sweep.Sft is not { } sft)
            return (0, 0);
        Setting[] repeated = [.. MethodSettings.Of(method).Where(setting => setting.Runs.Count > 1)];
        return (repeated.Sum(setting => Collapsed(setting, sft.Summary.MeanScore.Value)), repeated.Sum(setting => setting.Runs.Count));
    }

    private static int Collapsed(Setting setting, double start)
    {
        double[] scores = [.. setting.Runs.Select(run => run.Summary.MeanScore.Value)];
        double median = Distribution.Of(scores).Median, gain = median - start;
        return gain > 0 ? scores.Count(score => median - score > Lost * gain) : 0;
    }

    private static IReadOnlyList<Cell> Row(ReportData data, MethodRuns method)
    {
        IReadOnlyList<Setting> settings = MethodSettings.Of(method);
        double prompts = data.Scores(method).Average(run => Math.Sqrt(data.Bootstrap.Clusters.VarianceOfMean(run)));
        SeedVariation? seeds = Seeds(data, method);
        (int collapsed, int repeated) = Collapsed(data, method);
        return
        [
            method.Method, settings.Count, method.Ranked.Count,
            settings.Count > 1 ? Distribution.Of(settings.Select(setting => setting.Score)).SampleStandardDeviation : Cell.Empty,
            seeds?.SeedDeviation ?? double.NaN, seeds?.Freedom ?? 0, repeated > 0 ? (double)collapsed / repeated : double.NaN, Counted(data.Picks(method).Noise.Known), prompts,
        ];
    }

    private static string Counted(SeedKnowledge known) => known switch
    {
        SeedKnowledge.Measured => "from repeats",
        SeedKnowledge.AtMost => "at most: as settings beside each other differ",
        _ => "unknown",
    };
}
