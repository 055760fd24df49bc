using Alignment.Evaluation;
using Alignment.Reports.Numbers;
using Alignment.Reports.Text;
using Alignment.Sweeps;

namespace Alignment.Reports.Figures;

/// <summary>The paper's Figures 2, 3 and 9: length, KL and length-normalised KL of the samples of each method's top 1, 10 and 25 % runs.</summary>
public static class TopRunFigures
{
    private static readonly double[] s_fractions = [0.01, 0.1, 0.25];

    private static readonly (string File, string Title, string Axis, int Metric)[] s_figures =
    [
        ("figure2.svg", "How long do the best runs of each method answer?", "response length ({0})", 1),
        ("figure3.svg", "How far do the best runs move from SFT?", "log-ratio to SFT (nats per response)", 2),
        ("figure9.svg", "How far do the best runs move per token?", "log-ratio to SFT (nats per token)", 3),
    ];

    /// <summary>File name and SVG of the three figures.</summary>
    public static IEnumerable<(string Name, string Svg)> Of(ReportData data) =>
        s_figures.Select(figure => (figure.File, Chart(data, figure.Title, figure.Axis.Replace("{0}", data.Sweep.LengthUnit, StringComparison.Ordinal), run => Values(data, run, figure.Metric))));

    private static string Chart(ReportData data, string title, string axis, Func<StoredRun, double[]> values) => new StripChart
    {
        Title = title,
        Subtitle = "Samples of each method's top 1, 10 and 25 % runs by mean score",
        Axis = axis,
        Groups =
        [
            .. from method in data.Methods.Select((runs, position) => (runs, position))
               from fraction in s_fractions
               select new StripGroup(method.runs.Method, Palette.Of(method.position),
                   [.. TopFraction.Of(method.runs.Ranked, fraction).SelectMany(values).Select(value => new StripPoint(value, ""))],
                   ShowDots: false, Note: $"{Digits.Fixed(100 * fraction, 0)} %"),
        ],
    }.ToSvg();

    // of imported results some numbers are unknown
    private static double[] Values(ReportData data, StoredRun run, int metric) =>
        [.. SampleMetrics.All[metric].OfColumns(data.Columns(run)).Where(value => !double.IsNaN(value))];
}
