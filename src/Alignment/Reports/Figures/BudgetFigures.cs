using Alignment.Evaluation;
using Alignment.Reports.Numbers;
using Alignment.Reports.Text;

namespace Alignment.Reports.Figures;

/// <summary>Expected best score against the budget, in runs and in wall time.</summary>
internal static class BudgetFigures
{
    /// <summary>The figure of the first screen.</summary>
    public const string Name = "budget.svg";

    private const string Subtitle = "Line: expected best; band: middle 80 % over choices of runs and prompts";

    /// <summary>budget.svg and budget-time.svg; neither where no method has two settings.</summary>
    public static IEnumerable<(string Name, string Svg)> Of(ReportData data)
    {
        if (data.Finished.All(method => data.Expected(method).Count < 2))
            yield break;
        yield return (Name, (Chart(data, "Which method is best on a budget of k runs?", "settings tried, a run each (k)", _ => 1) with { CountsAcross = true }).ToSvg());
        (string unit, double seconds) = Unit(data);
        yield return ("budget-time.svg", Chart(data, "Which method is best on a budget of time?", $"wall time of all runs tried ({unit})",
            method => method.SecondsPerRun / seconds).ToSvg());
    }

    private static XyChart Chart(ReportData data, string title, string horizontal, Func<MethodRuns, double> step) => new()
    {
        Title = title,
        Subtitle = Subtitle,
        Horizontal = horizontal,
        Vertical = "expected best score (reward)",
        Series = [.. data.Methods.Select((method, position) => Series(data, method, Palette.Of(position), step))],
    };

    private static XySeries Series(ReportData data, MethodRuns method, string color, Func<MethodRuns, double> step)
    {
        // of imported results the time may be unknown
        if (method.Best is null || double.IsNaN(step(method)))
            return new XySeries(method.Method, color, []);
        IReadOnlyList<Estimate> expected = data.Expected(method);
        BudgetDraws draws = data.Draws(method);
        double width = step(method);
        return new XySeries(method.Method, color,
            [.. expected.Select((best, i) => new XyPoint((i + 1) * width, best.Value,
                $"{method.Method}, best of {Digits.Fixed(i + 1, 0)}: {Estimates.Text(best, 3)}"))],
            [.. expected.Select((_, i) => (draws.Quantile(i + 1, 0.1), draws.Quantile(i + 1, 0.9)))]);
    }

    private static (string Unit, double Seconds) Unit(ReportData data) =>
        data.Finished.Select(method => method.SecondsPerRun * data.Expected(method).Count).DefaultIfEmpty().Max() switch
        {
            > 7200 => ("hours", 3600),
            > 120 => ("minutes", 60),
            _ => ("seconds", 1),
        };
}
