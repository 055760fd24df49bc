using System.Text;
using System.Text.Json;
using Alignment.Reports.Figures;
using Alignment.Reports.Text;
using Alignment.Sweeps;

namespace Alignment.Reports.Page;

/// <summary>Small curves of a run's training, from the steps.jsonl beside its samples.</summary>
internal static class RunCurves
{
    private const int Points = 40, Width = 120, Height = 32;

    private static readonly (string Name, string Field)[] s_curves =
        [("loss", "loss"), ("margin", "rewards/margins"), ("accuracy", "rewards/accuracies"), ("gradient norm", "grad_norm")];

    /// <summary>Headings of the four curves.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_curves.Select(curve => curve.Name)];

    /// <summary>The curves as SVG, a dash where a run has no such number; empty without a steps.jsonl.</summary>
    /// <exception cref="InvalidDataException">A line is not a step; the message names file and line.</exception>
    public static IReadOnlyList<string> Of(StoredRun run) => Path.Combine(run.Folder, "steps.jsonl") is var path && File.Exists(path) ? Read(path).Curves : [];

    /// <summary>As above, of the file, with the number of its steps.</summary>
    public static (int Steps, IReadOnlyList<string> Curves) Read(string path)
    {
        List<double>[] values = [.. s_curves.Select(_ => new List<double>())];
        int line = 0;
        foreach (string text in File.ReadLines(path))
        {
            line++;
            try
            {
                using var json = JsonDocument.Parse(text);
                for (int i = 0; i < s_curves.Length; i++)
                    if (json.RootElement.TryGetProperty(s_curves[i].Field, out JsonElement number))
                        values[i].Add(number.GetDouble());
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                throw new InvalidDataException($"{path}({line}): not a training step: {e.Message}", e);
            }
        }

        return (line, [.. values.Select((curve, i) => curve.Count == 0 ? "–" : Picture(s_curves[i].Name, Thinned(curve)))]);
    }

    // at most forty means of neighbours: the page stays small whatever the number of steps
    private static double[] Thinned(List<double> values)
    {
        int points = Math.Min(Points, values.Count);
        return [.. Enumerable.Range(0, points).Select(i =>
        {
            int from = i * values.Count / points, to = (i + 1) * values.Count / points;
            return values.Skip(from).Take(to - from).Average();
        })];
    }

    private static string Picture(string name, double[] values)
    {
        double low = values.Min(), high = values.Max(), span = high > low ? high - low : 1;
        string label = Markup.Escape($"{name} {Digits.Fixed(values[0], 3)} to {Digits.Fixed(values[^1], 3)}, between {Digits.Fixed(low, 3)} and {Digits.Fixed(high, 3)}");
        var text = new StringBuilder("<svg class=\"curve\" role=\"img\" viewBox=\"0 0 ").Append(Width).Append(' ').Append(Height).Append("\" aria-label=\"").Append(label)
            .Append("\"><title>").Append(label).Append("</title><polyline points=\"");
        for (int i = 0; i < values.Length; i++)
            text.Append(i == 0 ? "" : " ").Append(Coordinate(values.Length > 1 ? (double)i / (values.Length - 1) : 0.5, Width))
                .Append(',').Append(Coordinate((high - values[i]) / span, Height));
        return text.Append("\"/></svg><small>").Append(Digits.Fixed(values[0], 2)).Append(" → ").Append(Digits.Fixed(values[^1], 2)).Append("</small>").ToString();
    }

    private static string Coordinate(double share, int size) => Svg.Number(Math.Round(2 + share * (size - 4), 1));
}
