namespace Alignment.Evaluation;

/// <summary>One of a run's metrics: the mean over prompts of a number each sample has.</summary>
/// <param name="Name">Its name in JSON and CSV.</param>
/// <param name="OfColumns">[prompts] the number of every sample; not a number where it is unknown.</param>
/// <param name="OfRun">The same metric in a finished summary.</param>
internal sealed record SampleMetric(string Name, Func<SampleColumns, double[]> OfColumns, Func<RunSummary, Estimate> OfRun);

/// <summary>The paper's six metrics.</summary>
internal static class SampleMetrics
{
    /// <summary>Gold score.</summary>
    public static SampleMetric Score { get; } = new("mean_score", samples => samples.Score, run => run.MeanScore);

    /// <summary>Response length.</summary>
    public static SampleMetric Length { get; } = new("mean_length", samples => samples.Length, run => run.MeanLength);

    /// <summary>Distance from the SFT model, nats.</summary>
    public static SampleMetric Kl { get; } = new("mean_kl", samples => samples.Kl, run => run.MeanKl);

    /// <summary>That distance by the response's own length, nats per token.</summary>
    public static SampleMetric KlPerToken { get; } = new("mean_kl_per_token", samples => samples.KlPerToken, run => run.MeanKlPerToken);

    /// <summary>Strict wins against the data set's chosen response.</summary>
    public static SampleMetric WinVsChosen { get; } = new("win_vs_chosen", samples => Wins(samples.Score, samples.ChosenScore), run => run.WinVsChosen);

    /// <summary>Strict wins against the SFT model's response.</summary>
    public static SampleMetric WinVsSft { get; } = new("win_vs_sft", samples => Wins(samples.Score, samples.SftScore), run => run.WinVsSft);

    /// <summary>All six, in the order of the paper's Table 1.</summary>
    public static IReadOnlyList<SampleMetric> All { get; } = [Score, Length, Kl, KlPerToken, WinVsChosen, WinVsSft];

    private static double[] Wins(double[] scores, double[] others) => [.. scores.Zip(others, (a, b) => double.IsNaN(b) ? double.NaN : a > b ? 1 : 0)];
}
