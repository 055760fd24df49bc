using Alignment.Reports.Numbers;
using Alignment.Reports.Text;
using Alignment.Sweeps;

namespace Alignment.Reports.Figures;

/// <summary>What a score costs: length, and distance from the SFT model.</summary>
public static class DriftFigures
{
    /// <summary>length.svg (score against length) and frontier.svg (the best score at most that far from SFT, per method).</summary>
    public static IEnumerable<(string Name, string Svg)> Of(ReportData data)
    {
        yield return ("length.svg", new XyChart
        {
            Title = "Does a higher score come with longer answers?",
            Subtitle = "One dot a run",
            Horizontal = $"mean response length ({data.Sweep.LengthUnit})",
            Vertical = "mean gold score (reward)",
            Series = [.. data.Methods.Select((method, i) => new XySeries(method.Method, Palette.Of(i), Points(method, run => run.Summary.MeanLength.Value, 1)))],
        }.ToSvg());
        yield return ("frontier.svg", new XyChart
        {
            Title = "What score does a distance from SFT buy?",
            Subtitle = "Dots: runs; line: the best score of a method's runs at most that far away",
            Horizontal = "mean KL from the SFT model (nats per response)",
            Vertical = "mean gold score (reward)",
            Series = [.. data.Methods.Select((method, i) => Frontier(method, Palette.Of(i)))],
        }.ToSvg());
    }

    private static XySeries Frontier(MethodRuns method, string color)
    {
        IReadOnlyList<XyPoint> points = Points(method, run => run.Summary.MeanKl.Value, 2);
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

    private static IReadOnlyList<XyPoint> Points(MethodRuns method, Func<StoredRun, double> across, int decimals) =>
    [
        .. method.Ranked.Where(run => !double.IsNaN(across(run))).Select(run => new XyPoint(across(run), run.Summary.MeanScore.Value,
            $"{run.Point.Slug}: {Digits.Fixed(across(run), decimals)}, score {Estimates.Text(run.Summary.MeanScore, 3)}")),
    ];
}
