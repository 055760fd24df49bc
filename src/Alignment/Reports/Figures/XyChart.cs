using Alignment.Reports.Text;

namespace Alignment.Reports.Figures;

/// <summary>A point of an <see cref="XySeries"/> and what its tooltip says.</summary>
internal readonly record struct XyPoint(double X, double Y, string Tooltip);

/// <summary>Points of one colour.</summary>
/// <param name="Label">In the legend.</param>
/// <param name="Color">Of dots, line and band.</param>
/// <param name="Points">May be empty.</param>
/// <param name="Band">Low and high beside every point, drawn with a line through the points; null leaves the dots unconnected.</param>
internal sealed record XySeries(string Label, string Color, IReadOnlyList<XyPoint> Points, IReadOnlyList<(double Low, double High)>? Band = null)
{
    /// <summary>A line of its own beside the dots; may be empty.</summary>
    public IReadOnlyList<(double X, double Y)> Steps { get; init; } = [];
}

/// <summary>One number against another: dots, or lines with a band.</summary>
internal sealed record XyChart
{
    /// <summary>The question the figure answers.</summary>
    public required string Title { get; init; }

    /// <summary>What a dot, line or band is.</summary>
    public required string Subtitle { get; init; }

    /// <summary>The horizontal axis with its unit.</summary>
    public required string Horizontal { get; init; }

    /// <summary>The vertical axis with its unit.</summary>
    public required string Vertical { get; init; }

    /// <summary>The horizontal axis counts: its ticks are whole.</summary>
    public bool CountsAcross { get; init; }

    /// <summary>In the order of the legend.</summary>
    public required IReadOnlyList<XySeries> Series { get; init; }

    /// <summary>The figure as SVG text.</summary>
    public string ToSvg()
    {
        Svg svg = ChartFrame.Open(Title, Subtitle);
        double[] x = [.. Series.SelectMany(series => series.Points.Select(point => point.X))];
        Scale across = x.Length == 0
            ? new Scale(0, 1, ChartFrame.Left, ChartFrame.Right)
            : new Scale(x.Min(), x.Max(), ChartFrame.Left, ChartFrame.Right, leastStep: CountsAcross ? 1 : 0);
        Scale up = ChartFrame.Vertical([.. Series.SelectMany(Heights)]);

        ChartFrame.VerticalAxis(svg, up, Vertical);
        foreach (double tick in across.Ticks)
            svg.Text(across.Pixel(tick), ChartFrame.Bottom + 26, Digits.Fixed(tick, across.Decimals), "text-anchor=\"middle\"");
        svg.Text((ChartFrame.Left + ChartFrame.Right) / 2, ChartFrame.Bottom + 54, Horizontal, "text-anchor=\"middle\"");
        foreach (XySeries series in Series)
            Draw(svg, across, up, series);
        DrawLegend(svg);
        return svg.ToString();
    }

    private static IEnumerable<double> Heights(XySeries series) =>
        series.Points.Select(point => point.Y).Concat((series.Band ?? []).SelectMany(band => new[] { band.Low, band.High }));

    private static void Draw(Svg svg, Scale across, Scale up, XySeries series)
    {
        if (series.Band is { Count: > 0 } band)
        {
            double X(int i) => across.Pixel(series.Points[i].X);
            IEnumerable<(double, double)> upper = band.Select((edge, i) => (X(i), up.Pixel(edge.High)));
            IEnumerable<(double, double)> lower = band.Select((edge, i) => (X(i), up.Pixel(edge.Low)));
            svg.Path(upper.Concat(lower.Reverse()), $"fill=\"{series.Color}\" fill-opacity=\"0.15\"");
            svg.Path(series.Points.Select((point, i) => (X(i), up.Pixel(point.Y))), $"fill=\"none\" stroke=\"{series.Color}\" stroke-width=\"3\"");
        }
        if (series.Steps.Count > 1)
            svg.Path(series.Steps.Select(step => (across.Pixel(step.X), up.Pixel(step.Y))), $"fill=\"none\" stroke=\"{series.Color}\" stroke-width=\"3\"");
        foreach (XyPoint point in series.Points)
            svg.Dot(across.Pixel(point.X), up.Pixel(point.Y), series.Band is null ? 5.5 : 3.5, series.Color, point.Tooltip);
    }

    private void DrawLegend(Svg svg)
    {
        double x = ChartFrame.Left;
        foreach (XySeries series in Series)
        {
            svg.Dot(x, ChartFrame.Bottom + 86, 6, series.Color, series.Label);
            svg.Text(x + 12, ChartFrame.Bottom + 92, series.Points.Count == 0 ? $"{series.Label} (no data)" : series.Label);
            x += 150;
        }
    }
}
