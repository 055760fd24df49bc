using System.Globalization;
using System.Text;
using Alignment.Reports.Text;

namespace Alignment.Reports.Figures;

/// <summary>Writes one SVG picture, element by element, with two decimals at most and the same bytes under every culture.</summary>
internal sealed class Svg
{
    // one style for every figure: a picture alone follows the reader's light or dark setting, and several in a page agree
    private const string Style = """
        .fig{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;font-size:17px}
        .fig .paper{fill:#fff}.fig text{fill:#1b1f24}.fig .soft{fill:#57606a}.fig .grid{stroke:#d0d7de}.fig .line{stroke:#1b1f24}
        .fig .band{fill:#1b1f24;opacity:.12}
        .fig .title{font-size:21px;font-weight:600}
        @media (prefers-color-scheme:dark){.fig .paper{fill:#14171c}.fig text{fill:#e6e9ee}.fig .soft{fill:#a3acb8}.fig .grid{stroke:#333a44}
        .fig .line{stroke:#e6e9ee}.fig .band{fill:#e6e9ee}}
        """;

    private readonly StringBuilder _text = new();

    /// <summary>Opens a picture of the given size in pixels with a title that screen readers say.</summary>
    public Svg(double width, double height, string title)
    {
        _text.Append("<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"fig\" role=\"img\" viewBox=\"0 0 ")
            .Append(Number(width)).Append(' ').Append(Number(height)).Append("\" width=\"").Append(Number(width)).Append("\">\n<title>")
            .Append(Markup.Escape(title)).Append("</title>\n<style>").Append(Style.ReplaceLineEndings("\n")).Append("</style>\n");
        Rectangle(0, 0, width, height, "class=\"paper\"");
    }

    /// <summary>A rectangle; <paramref name="look"/> holds its other attributes, already escaped.</summary>
    public void Rectangle(double x, double y, double width, double height, string look) => _text.Append("<rect")
        .Append(Attribute("x", x)).Append(Attribute("y", y)).Append(Attribute("width", width)).Append(Attribute("height", height))
        .Append(' ').Append(look).Append("/>\n");

    /// <summary>A straight line.</summary>
    public void Line((double X, double Y) from, (double X, double Y) to, string look) => _text.Append("<line")
        .Append(Attribute("x1", from.X)).Append(Attribute("y1", from.Y)).Append(Attribute("x2", to.X)).Append(Attribute("y2", to.Y))
        .Append(' ').Append(look).Append("/>\n");

    /// <summary>A closed or open path through <paramref name="points"/>.</summary>
    public void Path(IEnumerable<(double X, double Y)> points, string look) => _text.Append("<path d=\"M")
        .AppendJoin('L', points.Select(point => $"{Number(point.X)} {Number(point.Y)}")).Append("\" ").Append(look).Append("/>\n");

    /// <summary>A dot with a tooltip.</summary>
    public void Dot(double x, double y, double radius, string color, string tooltip) => _text.Append("<circle")
        .Append(Attribute("cx", x)).Append(Attribute("cy", y)).Append(Attribute("r", radius)).Append(" fill=\"").Append(color)
        .Append("\" fill-opacity=\"0.9\"><title>").Append(Markup.Escape(tooltip)).Append("</title></circle>\n");

    /// <summary>A ring with a tooltip.</summary>
    public void Ring(double x, double y, double radius, string color, string tooltip) => _text.Append("<circle")
        .Append(Attribute("cx", x)).Append(Attribute("cy", y)).Append(Attribute("r", radius)).Append(" class=\"paper\" stroke=\"").Append(color)
        .Append("\" stroke-width=\"2\"><title>").Append(Markup.Escape(tooltip)).Append("</title></circle>\n");

    /// <summary>Text at a point; <paramref name="look"/> as above (class, text-anchor, transform).</summary>
    public void Text(double x, double y, string text, string look = "") => _text.Append("<text")
        .Append(Attribute("x", x)).Append(Attribute("y", y)).Append(look.Length > 0 ? " " : "").Append(look).Append('>')
        .Append(Markup.Escape(text)).Append("</text>\n");

    /// <summary>The finished picture.</summary>
    public override string ToString() => $"{_text}</svg>\n";

    /// <summary>A coordinate: two decimals at most, no trailing zeros.</summary>
    public static string Number(double value)
    {
        string text = value.ToString("0.##", CultureInfo.InvariantCulture);
        return text == "-0" ? "0" : text;
    }

    private static string Attribute(string name, double value) => $" {name}=\"{Number(value)}\"";
}
