using Alignment.Reports.Text;

namespace Alignment.Reports.Figures;

/// <summary>What every chart has: one size, a title that asks the question, and a vertical axis with its unit.</summary>
internal static class ChartFrame
{
    public const double Width = 760, Height = 470, Left = 88, Right = 736, Top = 92, Bottom = 350;

    public static Svg Open(string title, string subtitle)
    {
        var svg = new Svg(Width, Height, title);
        svg.Text(24, 36, title, "class=\"title\"");
        svg.Text(24, 62, subtitle, "class=\"soft\"");
        return svg;
    }

    public static Scale Vertical(IReadOnlyCollection<double> values) =>
        values.Count == 0 ? new Scale(0, 1, Bottom, Top) : new Scale(values.Min(), values.Max(), Bottom, Top);

    public static void VerticalAxis(Svg svg, Scale scale, string title)
    {
        foreach (double tick in scale.Ticks)
        {
            double y = scale.Pixel(tick);
            svg.Line((Left, y), (Right, y), "class=\"grid\"");
            svg.Text(Left - 10, y + 6, Digits.Fixed(tick, scale.Decimals), "text-anchor=\"end\"");
        }
        svg.Text(26, (Top + Bottom) / 2, title, $"text-anchor=\"middle\" transform=\"rotate(-90 26 {Svg.Number((Top + Bottom) / 2)})\"");
    }
}
