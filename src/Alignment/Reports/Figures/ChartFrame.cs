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

/// <summary>A linear axis that ends on round numbers.</summary>
internal sealed class Scale
{
    private readonly double _from, _to;

    /// <summary>Maps values from <paramref name="low"/> … <paramref name="high"/>, widened to round numbers, to pixels.</summary>
    /// <param name="low">Smallest value.</param>
    /// <param name="high">Largest value.</param>
    /// <param name="fromPixel">Where the axis begins.</param>
    /// <param name="toPixel">Where it ends.</param>
    /// <param name="leastStep">Least distance of two ticks: 1 for an axis that counts.</param>
    public Scale(double low, double high, double fromPixel, double toPixel, double leastStep = 0)
    {
        if (!(high > low))
            (low, high) = (low - 0.5, low + 0.5);
        double raw = (high - low) / 5, power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        double step = Math.Max(leastStep, power * (raw / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 });
        int first = (int)Math.Floor(low / step + 1e-9), last = (int)Math.Ceiling(high / step - 1e-9);

        Decimals = Math.Max(0, -(int)Math.Floor(Math.Log10(step) + 1e-9));
        Ticks = [.. Enumerable.Range(first, last - first + 1).Select(i => i * step)];
        (_from, _to) = (fromPixel, toPixel);
    }

    /// <summary>Round values from one end of the axis to the other.</summary>
    public IReadOnlyList<double> Ticks { get; }

    /// <summary>Decimals that tell the ticks apart.</summary>
    public int Decimals { get; }

    /// <summary>Where <paramref name="value"/> is, in pixels.</summary>
    public double Pixel(double value) => _from + (value - Ticks[0]) / (Ticks[^1] - Ticks[0]) * (_to - _from);
}

/// <summary>Colours that stay apart for colour-blind readers, on white and on dark (Okabe and Ito 2008).</summary>
internal static class Palette
{
    private static readonly string[] s_colors = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"];

    /// <summary>The colour of the method at <paramref name="position"/>; they repeat after six.</summary>
    public static string Of(int position) => s_colors[position % s_colors.Length];
}
