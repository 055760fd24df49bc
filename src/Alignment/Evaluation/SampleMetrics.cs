namespace Alignment.Evaluation;

/// <summary>One of a run's metrics: the mean over prompts of a number each sample has.</summary>
/// <param name="Name">Its name in JSON and CSV.</param>
/// <param name="OfColumns">[prompts] the number of every sample; not a number where it is unknown.</param>
/// <param name="OfRun">The same metric in a finished summary.</param>
internal sealed record SampleMetric(string Name, Func<SampleColumns, double[]> OfColumns, Func<RunSummary, Estimate> OfRun);

/// <summary>The paper's six metrics, and what says how far to trust them.</summary>
internal static class SampleMetrics
{
    /// <summary>Gold score.</summary>
    public static SampleMetric Score { get; } = new("mean_score", samples => samples.Score, run => run.MeanScore);

    /// <summary>Response length.</summary>
    public static SampleMetric Length { get; } = new("mean_length", samples => samples.Length, run => run.MeanLength);

    /// <summary>Signed distance from the SFT model (k1), nats.</summary>
    public static SampleMetric Kl { get; } = new("mean_kl", samples => samples.Kl, run => run.MeanKl);

    /// <summary>That distance by the response's own length, nats per token.</summary>
    public static SampleMetric KlPerToken { get; } = new("mean_kl_per_token", samples => samples.KlPerToken, run => run.MeanKlPerToken);

    /// <summary>Strict wins against the data set's chosen response.</summary>
    public static SampleMetric WinVsChosen { get; } = new("win_vs_chosen", samples => Wins(samples.Score, samples.ChosenScore), run => run.WinVsChosen);

    /// <summary>Strict wins against the SFT model's response.</summary>
    public static SampleMetric WinVsSft { get; } = new("win_vs_sft", samples => Wins(samples.Score, samples.SftScore), run => run.WinVsSft);

    /// <summary>Distance from the SFT model that is never negative (k3), nats.</summary>
    public static SampleMetric KlK3 { get; } = new("mean_kl_k3", samples => samples.KlK3, run => run.MeanKlK3);

    /// <summary>Responses cut at the limit of new tokens.</summary>
    public static SampleMetric Cut { get; } = new("cut_share", samples => samples.Cut, run => run.CutShare);

    /// <summary>Prompts that lost their beginning.</summary>
    public static SampleMetric PromptsCut { get; } = new("prompts_cut_share", samples => samples.PromptCut, run => run.PromptsCutShare);

    /// <summary>Inputs of the gold model that lost their beginning.</summary>
    public static SampleMetric GoldInputsCut { get; } = new("gold_inputs_cut_share", samples => samples.GoldInputCut, run => run.GoldInputsCutShare);

    /// <summary>The six in the order of the paper's Table 1, then the others.</summary>
    public static IReadOnlyList<SampleMetric> All { get; } =
        [Score, Length, Kl, KlPerToken, WinVsChosen, WinVsSft, KlK3, Cut, PromptsCut, GoldInputsCut];

    private static double[] Wins(double[] scores, double[] others) => [.. scores.Zip(others, (a, b) => double.IsNaN(b) ? double.NaN : a > b ? 1 : 0)];
}
