using Alignment.Evaluation;
using Alignment.Reports.Text;

namespace Alignment.Reports.Figures;

/// <summary>One value of a <see cref="StripGroup"/> and what its tooltip says.</summary>
internal readonly record struct StripPoint(double Value, string Tooltip);

/// <summary>Values drawn above one label.</summary>
/// <param name="Label">Below the axis.</param>
/// <param name="Color">Of dots and box.</param>
/// <param name="Points">May be empty: the label then says so.</param>
/// <param name="ShowDots">Draws every value; without, the box and its whiskers only.</param>
/// <param name="Note">Below the label, instead of the number of values.</param>
internal sealed record StripGroup(string Label, string Color, IReadOnlyList<StripPoint> Points, bool ShowDots = true, string? Note = null);

/// <summary>A horizontal line to compare with, and its interval as a band.</summary>
internal sealed record StripReference(string Label, Estimate Estimate);

/// <summary>Groups of values side by side: a dot each, and from four values on a box of the quartiles.</summary>
internal sealed record StripChart
{
    private const double Left = ChartFrame.Left, Right = ChartFrame.Right, Bottom = ChartFrame.Bottom, Radius = 5.5;

    /// <summary>The question the figure answers.</summary>
    public required string Title { get; init; }

    /// <summary>What a dot is.</summary>
    public required string Subtitle { get; init; }

    /// <summary>The vertical axis with its unit.</summary>
    public required string Axis { get; init; }

    /// <summary>From left to right.</summary>
    public required IReadOnlyList<StripGroup> Groups { get; init; }

    /// <summary>A line to compare with, or null.</summary>
    public StripReference? Reference { get; init; }

    /// <summary>The figure as SVG text.</summary>
    public string ToSvg()
    {
        Svg svg = ChartFrame.Open(Title, Subtitle);
        Scale scale = VerticalScale();
        ChartFrame.VerticalAxis(svg, scale, Axis);
        if (Reference is not null)
            DrawReference(svg, scale, Reference.Estimate);
        double step = (Right - Left) / Math.Max(1, Groups.Count);
        for (int i = 0; i < Groups.Count; i++)
            DrawGroup(svg, scale, Groups[i], Left + (i + 0.5) * step, step);
        DrawLegend(svg);
        return svg.ToString();
    }

    private Scale VerticalScale()
    {
        IEnumerable<double> values = Groups.SelectMany(Extent);
        if (Reference is not null)
            values = values.Concat([Reference.Estimate.Low, Reference.Estimate.High]);
        return ChartFrame.Vertical([.. values]);
    }

    // dots show the extremes themselves; without dots the whiskers end at the 5th and 95th percentile
    private static double[] Extent(StripGroup group)
    {
        if (group.Points.Count == 0)
            return [];
        var values = Distribution.Of(group.Points.Select(point => point.Value));
        return group.ShowDots ? [values.Min, values.Max] : [values.At(5), values.At(95)];
    }

    private static void DrawReference(Svg svg, Scale scale, Estimate estimate)
    {
        double high = scale.Pixel(estimate.High);
        svg.Rectangle(Left, high, Right - Left, scale.Pixel(estimate.Low) - high, "class=\"band\"");
        double y = scale.Pixel(estimate.Value);
        svg.Line((Left, y), (Right, y), "class=\"line\" stroke-width=\"2\" stroke-dasharray=\"8 5\"");
    }

    private static void DrawGroup(Svg svg, Scale scale, StripGroup group, double center, double step)
    {
        svg.Text(center, Bottom + 28, group.Label, "text-anchor=\"middle\"");
        string count = group.Points.Count == 0 ? "no data" : group.Note ?? $"n = {Digits.Fixed(group.Points.Count, 0)}";
        svg.Text(center, Bottom + 50, count, "class=\"soft\" text-anchor=\"middle\"");
        if (group.Points.Count >= (group.ShowDots ? 4 : 1))
            DrawBox(svg, scale, group, center, Math.Min(0.62 * step, 120));
        if (!group.ShowDots)
            return;
        double[] heights = [.. group.Points.Select(point => scale.Pixel(point.Value))];
        double[] offsets = Swarm.Offsets(heights, 2 * Radius + 1, 0.42 * step);
        for (int i = 0; i < heights.Length; i++)
            svg.Dot(center + offsets[i], heights[i], Radius, group.Color, group.Points[i].Tooltip);
    }

    private static void DrawBox(Svg svg, Scale scale, StripGroup group, double center, double width)
    {
        var values = Distribution.Of(group.Points.Select(point => point.Value));
        double[] extent = Extent(group);
        string stroke = $"stroke=\"{group.Color}\" stroke-width=\"2\"";
        double upper = scale.Pixel(values.At(75)), lower = scale.Pixel(values.At(25)), median = scale.Pixel(values.Median);
        svg.Line((center, scale.Pixel(extent[1])), (center, upper), stroke);
        svg.Line((center, lower), (center, scale.Pixel(extent[0])), stroke);
        svg.Rectangle(center - width / 2, upper, width, lower - upper, $"fill=\"{group.Color}\" fill-opacity=\"0.15\" {stroke}");
        svg.Line((center - width / 2, median), (center + width / 2, median), $"stroke=\"{group.Color}\" stroke-width=\"4\"");
    }

    private void DrawLegend(Svg svg)
    {
        const double Y = Bottom + 92;
        bool dots = Groups.Any(group => group.ShowDots);
        svg.Text(Left, Y, dots ? "● one run" : "whiskers: 5th–95th percentile", "class=\"soft\"");
        svg.Text(dots ? Left + 110 : Left + 270, Y, "▭ quartiles, median", "class=\"soft\"");
        if (Reference is null)
            return;
        svg.Line((Left + 306, Y - 6), (Left + 346, Y - 6), "class=\"line\" stroke-width=\"2\" stroke-dasharray=\"8 5\"");
        svg.Text(Left + 354, Y, Reference.Label, "class=\"soft\"");
    }
}
