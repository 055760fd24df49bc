using Alignment.Reports.Numbers;
using Alignment.Reports.Text;

namespace Alignment.Reports.Figures;

/// <summary>The paper's Figure 8: length-normalised KL of every run against its mean score.</summary>
public static class Figure8
{
    /// <summary>figure8.svg.</summary>
    public static string ToSvg(ReportData data) => new XyChart
    {
        Title = "What does a higher score cost in distance from SFT?",
        Subtitle = "One dot a run",
        Horizontal = "mean KL per token from the SFT model (nats)",
        Vertical = "mean gold score (reward)",
        Series =
        [
            .. data.Methods.Select((method, position) => new XySeries(method.Method, Palette.Of(position),
            [
                .. method.Ranked.Where(run => !double.IsNaN(run.Summary.MeanKlPerToken.Value)).Select(run => new XyPoint(run.Summary.MeanKlPerToken.Value, run.Summary.MeanScore.Value,
                    $"{run.Point.Slug}: score {Digits.Fixed(run.Summary.MeanScore.Value, 3)}, "
                    + $"{Digits.Fixed(run.Summary.MeanKlPerToken.Value, 4)} nats per token")),
            ])),
        ],
    }.ToSvg();
}
