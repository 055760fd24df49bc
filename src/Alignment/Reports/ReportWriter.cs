using Alignment.Files;
using Alignment.Reports.Advice;
using Alignment.Reports.Figures;
using Alignment.Reports.Numbers;
using Alignment.Reports.Page;
using Alignment.Reports.Tables;
using Alignment.Sweeps;

namespace Alignment.Reports;

/// <summary>Writes every table and figure of a sweep into its folder.</summary>
public static class ReportWriter
{
    /// <summary>
    /// Writes recommendation.md, the tables (.md and .csv), figures 1-9, score-METHOD-PARAMETER, budget, budget-time, length and frontier (.svg) and
    /// report.html, each by write and rename. The same sweep gives the same bytes again, under any culture. Nothing of torch is loaded.
    /// </summary>
    /// <returns>The files written, full paths.</returns>
    /// <exception cref="InvalidDataException">Samples are unusable or two runs answer different prompts; the message names them.</exception>
    public static IReadOnlyList<string> Write(StoredSweep sweep)
    {
        var data = new ReportData(sweep);
        (string Name, string Text)[] files = [.. Files(data)];

        Directory.CreateDirectory(sweep.Folder);
        foreach ((string name, string text) in files)
            AtomicFile.WriteText(Path.Combine(sweep.Folder, name), text);
        return [.. files.Select(file => Path.Combine(sweep.Folder, file.Name))];
    }

    /// <summary>Name and content of every file, in the order they are written.</summary>
    internal static IEnumerable<(string Name, string Text)> Files(ReportData data)
    {
        (string Name, string Svg)[] figures = [.. Figures(data)];
        yield return ("recommendation.md", Recommendation.Of(data).ToMarkdown());
        yield return ("table1.csv", Table1.Csv(data).ToCsv());
        yield return ("table1.md", Table1.Markdown(data));
        yield return ("table3.csv", Table3.Csv(data).ToCsv());
        yield return ("table3.md", Table3.Markdown(data));
        yield return ("runs.csv", RunTable.Csv(data.Sweep).ToCsv());
        yield return ("runs.md", RunTable.Markdown(data.Sweep));
        yield return ("budget.csv", BudgetTable.Csv(data).ToCsv());
        yield return ("budget.md", BudgetTable.Readable(data).ToMarkdown());
        foreach (ReportTable table in ReportTables.Beyond(data))
        {
            yield return ($"{table.Id}.csv", table.Table.ToCsv());
            yield return ($"{table.Id}.md", table.ToMarkdown());
        }

        foreach ((string name, string svg) in figures)
            yield return (name, svg);
        yield return ("report.html", ReportPage.ToHtml(data, figures.ToDictionary(figure => figure.Name, figure => figure.Svg)));
    }

    private static IEnumerable<(string Name, string Svg)> Figures(ReportData data) =>
    [
        ("figure1.svg", Figure1.ToSvg(data)), .. TopRunFigures.Of(data), .. HyperparameterFigures.Of(data), ("figure8.svg", Figure8.ToSvg(data)),
        .. BudgetFigures.Of(data), .. DriftFigures.Of(data),
    ];
}

/// <summary>The tables of a report.</summary>
public static class ReportTables
{
    /// <summary>The tables that the paper does not have, besides the budget: methods, reach, grids, settings, sensitivity, noise, length.</summary>
    public static IEnumerable<ReportTable> Beyond(ReportData data) =>
    [
        TestsTable.Of(data), ReachTable.Of(data), BudgetTable.Grid(data), SettingsTable.Of(data), SensitivityTable.Of(data), NoiseTable.Of(data),
        LengthTable.Of(data),
    ];
}
