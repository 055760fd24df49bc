namespace Alignment.Evaluation;

/// <summary>One of a run's metrics: the mean over prompts of a number each sample has.</summary>
/// <param name="Name">Its column in tables and JSON.</param>
/// <param name="OfSample">The number of one sample.</param>
/// <param name="OfRun">The same metric in a finished summary.</param>
/// <param name="OfColumns">[prompts] the number of every sample; not a number where it is unknown.</param>
public sealed record SampleMetric(string Name, Func<SampleRow, double> OfSample, Func<RunSummary, Estimate> OfRun, Func<SampleColumns, double[]> OfColumns);

/// <summary>The paper's six metrics, in the order of its Table 1.</summary>
public static class SampleMetrics
{
    /// <summary>Score, length, KL, KL per token, win vs chosen, win vs SFT.</summary>
    public static IReadOnlyList<SampleMetric> All { get; } =
    [
        new("mean_score", row => row.Score, summary => summary.MeanScore, columns => columns.Score),
        new("mean_length", row => row.Length, summary => summary.MeanLength, columns => columns.Length),
        new("mean_kl", row => row.Kl, summary => summary.MeanKl, columns => columns.Kl),
        new("mean_kl_per_token", row => row.Kl / row.Length, summary => summary.MeanKlPerToken, columns => columns.KlPerToken),
        new("win_vs_chosen", row => row.Score > row.ChosenScore ? 1 : 0, summary => summary.WinVsChosen, columns => Wins(columns, columns.ChosenScore)),
        new("win_vs_sft", row => row.Score > row.SftScore ? 1 : 0, summary => summary.WinVsSft, columns => Wins(columns, columns.SftScore)),
    ];

    /// <summary>[samples] the metric's number for each of <paramref name="samples"/>.</summary>
    public static double[] Column(IReadOnlyList<SampleRow> samples, SampleMetric metric) => [.. samples.Select(metric.OfSample)];

    private static double[] Wins(SampleColumns columns, double[] others) =>
        [.. columns.Score.Zip(others, (a, b) => double.IsNaN(b) ? double.NaN : a > b ? 1 : 0)];
}
