using System.Globalization;
using Alignment.Sweeps;

namespace Alignment.Reports;

/// <summary>The paper's Figures 4-7: mean score against β (DPO, LN-DPO, SimPO) and γ (SimPO), a box for each value in the grid.</summary>
public static class HyperparameterFigures
{
    private static readonly (string File, string Method, string Parameter, string Symbol)[] s_figures =
    [
        ("figure4.svg", "DPO", "Beta", "β"), ("figure5.svg", "LN-DPO", "Beta", "β"),
        ("figure6.svg", "SimPO", "Beta", "β"), ("figure7.svg", "SimPO", "Gamma", "γ"),
    ];

    /// <summary>File name, title and SVG of each figure whose method has a finished run with that hyperparameter.</summary>
    public static IEnumerable<(string Name, string Svg)> Of(ReportData data)
    {
        foreach ((string file, string method, string parameter, string symbol) in s_figures)
        {
            int position = data.Methods.TakeWhile(runs => runs.Method != method).Count();
            if (position == data.Methods.Count)
                continue;
            IGrouping<string, StoredRun>[] values =
            [
                .. data.Methods[position].Ranked.Where(run => Value(run, parameter) is not null)
                    .GroupBy(run => Value(run, parameter)!).OrderBy(Number),
            ];
            if (values.Length > 0)
                yield return (file, Chart(data, method, symbol, values, Palette.Of(position)));
        }
    }

    private static string Chart(ReportData data, string method, string symbol, IGrouping<string, StoredRun>[] values, string color) => new StripChart
    {
        Title = $"Which {symbol} suits {method}?",
        Subtitle = $"Mean gold score of every {method} run; its other hyperparameters vary",
        Axis = "mean gold score (reward)",
        Groups = [.. values.Select(value => new StripGroup($"{symbol} = {value.Key}", color,
            [.. value.Select(run => new StripPoint(run.Summary.MeanScore.Value, $"{run.Point.Slug}: {Estimates.Text(run.Summary.MeanScore, 3)}"))]))],
        Reference = StripReference.Sft(data),
    }.ToSvg();

    private static string? Value(StoredRun run, string parameter) =>
        run.Point.Parameters.Where(pair => pair.Key == parameter).Select(pair => pair.Value).FirstOrDefault();

    private static double Number(IGrouping<string, StoredRun> group) => double.Parse(group.Key, NumberStyles.Float, CultureInfo.InvariantCulture);
}
