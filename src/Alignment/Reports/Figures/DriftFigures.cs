using Alignment.Evaluation;
using Alignment.Reports.Numbers;
using Alignment.Reports.Text;
using Alignment.Sweeps;

namespace Alignment.Reports.Figures;

/// <summary>
/// What a score costs: length, and distance from the SFT model. The paper's Figures 2, 3 and 9 show the samples of each method's top 1, 10 and
/// 25 % runs, its Figure 8 every run; length and frontier are ours.
/// </summary>
internal static class DriftFigures
{
    private static readonly double[] s_fractions = [0.01, 0.1, 0.25];

    /// <summary>figure2, figure3, figure9, figure8, length and frontier, each .svg.</summary>
    public static IEnumerable<(string Name, string Svg)> Of(ReportData data) =>
    [
        ("figure2.svg", TopRuns(data, "How long do the best runs of each method answer?", $"response length ({data.Sweep.LengthUnit})", SampleMetrics.Length)),
        ("figure3.svg", TopRuns(data, $"How far do the best runs move from {data.Sweep.Start}?", $"log-ratio to {data.Sweep.Start} (nats per response)", SampleMetrics.Kl)),
        ("figure9.svg", TopRuns(data, "How far do the best runs move per token?", $"log-ratio to {data.Sweep.Start} (nats per token)", SampleMetrics.KlPerToken)),
        ("figure8.svg", Scores($"What does a higher score cost in distance from {data.Sweep.Start}?", "One dot a run", $"mean signed KL per token from the {data.Sweep.StartModel} (nats)",
            EachMethod(data, (method, color) => new XySeries(method.Method, color, Points(method, SampleMetrics.KlPerToken, run =>
                $"score {Digits.Fixed(run.Summary.MeanScore.Value, 3)}, {Digits.Fixed(run.Summary.MeanKlPerToken.Value, 4)} nats per token"))))),
        ("length.svg", Scores("Does a higher score come with longer answers?", "One dot a run", $"mean response length ({data.Sweep.LengthUnit})",
            EachMethod(data, (method, color) => new XySeries(method.Method, color, Points(method, SampleMetrics.Length, run =>
                $"{Digits.Fixed(run.Summary.MeanLength.Value, 1)}, {Score(run)}"))))),
        ("frontier.svg", Scores($"What score does a distance from {data.Sweep.Start} buy?", "Dots: runs; line: the best score of a method's runs at most that far away",
            $"mean {(Distance(data) == SampleMetrics.KlK3 ? "KL k3" : "signed KL")} from the {data.Sweep.StartModel} (nats per response)",
            EachMethod(data, (method, color) => Frontier(method, color, Distance(data))))),
    ];

    private static string TopRuns(ReportData data, string title, string axis, SampleMetric metric) => new StripChart
    {
        Title = title,
        Subtitle = "Samples of each method's top 1, 10 and 25 % runs by mean score",
        Axis = axis,
        Groups =
        [
            .. from method in data.Methods.Select((runs, position) => (runs, position))
               from fraction in s_fractions
               select new StripGroup(method.runs.Method, Palette.Of(method.position),
                   [.. TopFraction.Of(method.runs.Ranked, fraction).SelectMany(run => Known(metric.OfColumns(data.Columns(run)))).Select(value => new StripPoint(value, ""))],
                   ShowDots: false, Note: $"{Digits.Fixed(100 * fraction, 0)} %"),
        ],
    }.ToSvg();

    // of imported results some numbers are unknown
    private static IEnumerable<double> Known(double[] values) => values.Where(value => !double.IsNaN(value));

    private static string Scores(string question, string subtitle, string across, IReadOnlyList<XySeries> series) => new XyChart
    {
        Title = question,
        Subtitle = subtitle,
        Horizontal = across,
        Vertical = "mean gold score (reward)",
        Series = series,
    }.ToSvg();

    private static IReadOnlyList<XySeries> EachMethod(ReportData data, Func<MethodRuns, string, XySeries> series) =>
        [.. data.Methods.Select((method, position) => series(method, Palette.Of(position)))];

    // a distance that cannot be negative, where every run has it
    private static SampleMetric Distance(ReportData data) =>
        data.Finished.All(method => method.Ranked.All(run => !double.IsNaN(run.Summary.MeanKlK3.Value))) ? SampleMetrics.KlK3 : SampleMetrics.Kl;

    private static XySeries Frontier(MethodRuns method, string color, SampleMetric distance)
    {
        IReadOnlyList<XyPoint> points = Points(method, distance, run => $"{Digits.Fixed(distance.OfRun(run.Summary).Value, 2)}, {Score(run)}");
        List<(double X, double Y)> steps = [];
        foreach (XyPoint point in points.OrderBy(point => point.X).ThenByDescending(point => point.Y))
        {
            if (steps.Count > 0 && point.Y <= steps[^1].Y)
                continue;
            if (steps.Count > 0)
                steps.Add((point.X, steps[^1].Y));
            steps.Add((point.X, point.Y));
        }

        return new XySeries(method.Method, color, points) { Steps = steps };
    }

    private static string Score(StoredRun run) => $"score {Estimates.Text(run.Summary.MeanScore, 3)}";

    private static IReadOnlyList<XyPoint> Points(MethodRuns method, SampleMetric across, Func<StoredRun, string> facts) =>
    [
        .. method.Ranked.Where(run => !double.IsNaN(across.OfRun(run.Summary).Value))
            .Select(run => new XyPoint(across.OfRun(run.Summary).Value, run.Summary.MeanScore.Value, $"{run.Point.Slug}: {facts(run)}")),
    ];
}
