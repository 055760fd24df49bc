using Alignment.Reports.Figures;
using Alignment.Reports.Text;

namespace Alignment.Reports.Compare;

/// <summary>The score of every shared setting in one sweep against its score in the other.</summary>
public static class TransferFigure
{
    /// <summary>transfer.svg.</summary>
    public static string ToSvg(SweepPair pair) => new XyChart
    {
        Title = "Do the best settings carry over?",
        Subtitle = "One dot a setting that both sweeps tried",
        Horizontal = $"mean gold score in {pair.FirstName} (reward)",
        Vertical = $"in {pair.SecondName} (reward)",
        Series =
        [
            .. pair.Shared.Select((method, position) => new XySeries(method.First.Method, Palette.Of(position),
            [
                .. SharedSettings.Of(method.First, method.Second).Select(shared => new XyPoint(shared.FirstScore, shared.SecondScore,
                    $"{shared.Name}: {Digits.Fixed(shared.FirstScore, 3)} and {Digits.Fixed(shared.SecondScore, 3)}")),
            ])),
        ],
    }.ToSvg();
}
