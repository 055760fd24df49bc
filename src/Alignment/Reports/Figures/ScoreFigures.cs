using System.Globalization;
using Alignment.Recipes;
using Alignment.Reports.Numbers;
using Alignment.Reports.Text;
using Alignment.Sweeps;

namespace Alignment.Reports.Figures;

/// <summary>
/// Mean score of every run: the paper's Figure 1 over each method's whole grid, and against each hyperparameter, a box for each value in the
/// grid: the paper's Figures 4-7 (β of DPO, LN-DPO, SimPO; γ of SimPO), and score-METHOD-PARAMETER.svg for every other one that a grid varies.
/// </summary>
internal static class ScoreFigures
{
    /// <summary>What the names of the figures beyond the paper's begin with.</summary>
    public const string Prefix = "score-";

    // a longer one would run into its neighbour; the title names it
    private const int ShortSymbol = 3;

    private static readonly (string File, string Method, string Parameter)[] s_paper =
        [("figure4.svg", "DPO", "Beta"), ("figure5.svg", "LN-DPO", "Beta"), ("figure6.svg", "SimPO", "Beta"), ("figure7.svg", "SimPO", "Gamma")];

    /// <summary>figure1.svg, and the figures of hyperparameters.</summary>
    public static IEnumerable<(string Name, string Svg)> Of(ReportData data) => [("figure1.svg", WholeGrid(data)), .. Hyperparameters(data)];

    /// <summary>The mean score of every run of each method's grid, with the SFT model marked.</summary>
    public static string WholeGrid(ReportData data) => Chart(data, "How high does each method score over its whole grid?",
        "Mean gold score of every finished run on the test prompts",
        [.. data.Methods.Select((method, position) => Group(method.Method, Palette.Of(position), method.Ranked))]);

    /// <summary>File name and SVG of each figure whose method has finished runs with several values of that hyperparameter.</summary>
    public static IEnumerable<(string Name, string Svg)> Hyperparameters(ReportData data) =>
        from figure in s_paper.Concat(Others(data))
        let position = data.Methods.TakeWhile(runs => runs.Method != figure.Method).Count()
        where position < data.Methods.Count
        let values = Values(data.Methods[position], figure.Parameter)
        where values.Length > 1
        let symbol = Methods.Parameter(figure.Parameter)?.Symbol ?? figure.Parameter
        select (figure.File, Chart(data, $"Which {symbol} suits {figure.Method}?", $"Mean gold score of every {figure.Method} run; its other hyperparameters vary",
            [.. values.Select(value => Group(symbol.Length > ShortSymbol ? value.Key : $"{symbol} = {value.Key}", Palette.Of(position), value))]));

    private static IEnumerable<(string File, string Method, string Parameter)> Others(ReportData data) =>
        from method in data.Finished
        from parameter in MethodSettings.Varied(method)
        where !s_paper.Any(figure => (figure.Method, figure.Parameter) == (method.Method, parameter))
        select ($"{Prefix}{method.Method}-{parameter}.svg", method.Method, parameter);

    private static IGrouping<string, StoredRun>[] Values(MethodRuns method, string parameter) =>
    [
        .. method.Ranked.Where(run => Number(Value(run, parameter)) is not null).GroupBy(run => Value(run, parameter)!).OrderBy(group => Number(group.Key)),
    ];

    private static string Chart(ReportData data, string title, string subtitle, IReadOnlyList<StripGroup> groups) => new StripChart
    {
        Title = title,
        Subtitle = subtitle,
        Axis = "mean gold score (reward)",
        Groups = groups,
        Reference = data.Sweep.Sft is { } sft ? new StripReference($"{data.Sweep.StartModel}, 95 % interval", sft.Summary.MeanScore) : null,
    }.ToSvg();

    private static StripGroup Group(string label, string color, IEnumerable<StoredRun> runs) => new(label, color,
        [.. runs.Select(run => new StripPoint(run.Summary.MeanScore.Value, $"{run.Point.Slug}: {Estimates.Text(run.Summary.MeanScore, 3)}"))]);

    private static string? Value(StoredRun run, string parameter) =>
        run.Point.Parameters.Where(pair => pair.Key == parameter).Select(pair => pair.Value).FirstOrDefault();

    private static double? Number(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : null;
}
