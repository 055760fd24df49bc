using Alignment.Reports.Numbers;
using Alignment.Reports.Text;
using Alignment.Sweeps;

namespace Alignment.Reports.Figures;

/// <summary>The paper's Figure 1: the mean score of every run of each method's grid, with the SFT model marked.</summary>
public static class Figure1
{
    /// <summary>figure1.svg.</summary>
    public static string ToSvg(ReportData data) => new StripChart
    {
        Title = "How high does each method score over its whole grid?",
        Subtitle = "Mean gold score of every finished run on the test prompts",
        Axis = "mean gold score (reward)",
        Groups =
        [
            .. data.Methods.Select((method, position) => new StripGroup(
                method.Method, Palette.Of(position), [.. method.Ranked.Select(Point)])),
        ],
        Reference = StripReference.Sft(data),
    }.ToSvg();

    private static StripPoint Point(StoredRun run) =>
        new(run.Summary.MeanScore.Value, $"{run.Point.Slug}: {Estimates.Text(run.Summary.MeanScore, 3)}");
}
