using Alignment.Evaluation;
using Alignment.Reports.Numbers;
using Alignment.Reports.Text;

namespace Alignment.Reports.Figures;

/// <summary>Leads between methods with their intervals, a row each: what is right of the line is told apart.</summary>
internal static class LeadFigure
{
    /// <summary>Its file.</summary>
    public const string Name = "leads.svg";

    // beyond so many rows only the leads of the method ahead are drawn
    private const int Rows = 9;
    private const double Left = 268, Right = ChartFrame.Right, Top = 92, Bottom = 372;

    /// <summary>leads.svg; nothing where there are no two methods, or no interval is known.</summary>
    public static IEnumerable<(string Name, string Svg)> Of(ReportData data)
    {
        MethodComparison[] all = [.. data.Comparisons.All.Where(pair => double.IsFinite(pair.Lead.Low) && double.IsFinite(pair.Lead.High))];
        if (all.Length > Rows)
            all = [.. all.GroupBy(pair => string.Join(' ', pair.Budgets)).SelectMany(pairs => pairs.Where(pair => pair.First == pairs.First().First))];
        if (all.Length > 0)
            yield return (Name, Draw(data, all));
    }

    private static string Draw(ReportData data, MethodComparison[] pairs)
    {
        Svg svg = ChartFrame.Open("Is one method ahead?", "Lead in score with its interval; one clear of the line at 0 is more than noise");
        var scale = new Scale(Math.Min(0, pairs.Min(pair => pair.Lead.Low)), Math.Max(0, pairs.Max(pair => pair.Lead.High)), Left, Right);
        foreach (double tick in scale.Ticks)
        {
            double x = scale.Pixel(tick);
            svg.Line((x, Top - 6), (x, Bottom), tick == 0 ? "class=\"line\" stroke-width=\"2\"" : "class=\"grid\"");
            svg.Text(x, Bottom + 24, Digits.WithSign(tick, scale.Decimals), "text-anchor=\"middle\"");
        }

        double step = (Bottom - Top) / pairs.Length;
        for (int i = 0; i < pairs.Length; i++)
            Row(svg, data, scale, pairs[i], Top + (i + 0.5) * step);
        svg.Text((Left + Right) / 2, Bottom + 52, "lead in mean score", "text-anchor=\"middle\"");
        svg.Text(24, Bottom + 84, "● told apart   ○ within the noise of seeds and prompts", "class=\"soft\"");
        return svg.ToString();
    }

    private static void Row(Svg svg, ReportData data, Scale scale, MethodComparison pair, double y)
    {
        Estimate lead = pair.Lead;
        string color = Palette.Of(data.Methods.TakeWhile(method => method != pair.First).Count());
        svg.Text(Left - 16, y + 6, $"{pair.First.Method} over {pair.Second.Method}, {(pair.Budgets is [var k] ? Words.Runs(k) : "overall")}", "text-anchor=\"end\"");
        svg.Line((scale.Pixel(lead.Low), y), (scale.Pixel(lead.High), y), $"stroke=\"{color}\" stroke-width=\"{(pair.IsFound ? 4 : 2)}\"");
        string tooltip = $"{pair.Key}: {Estimates.Change(lead, 3)}";
        if (pair.IsFound)
            svg.Dot(scale.Pixel(lead.Value), y, 6, color, tooltip);
        else
            svg.Ring(scale.Pixel(lead.Value), y, 6, color, tooltip);
    }
}
