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
    /// Writes recommendation.md, the tables (.md and .csv), figures 1-9, score-METHOD-PARAMETER, leads, budget, budget-time, length and frontier (.svg),
    /// report.html and, where the store has its recipe, next.json, each by write and rename; the same of a round on-policy into on-policy, and by each further judge into
    /// judges/NAME. The same
    /// sweep gives the same bytes again, under any culture. Nothing of torch is loaded.
    /// </summary>
    /// <returns>The files written, full paths.</returns>
    /// <exception cref="InvalidDataException">Samples are unusable or two runs answer different prompts; the message names them.</exception>
    public static IReadOnlyList<string> Write(StoredSweep sweep)
    {
        return [.. new ReportData(sweep).All.SelectMany(WriteOne)];
    }

    private static IReadOnlyList<string> WriteOne(ReportData data)
    {
        string folder = data.Sweep.Folder;
        (string Name, string Text)[] files = [.. Files(data)];
        Directory.CreateDirectory(folder);
        foreach ((string name, string text) in files)
            AtomicFile.WriteText(Path.Combine(folder, name), text);
        return [.. files.Select(file => Path.Combine(folder, file.Name))];
    }

    /// <summary>Name and content of every file, in the order they are written.</summary>
    internal static IEnumerable<(string Name, string Text)> Files(ReportData data)
    {
        var tables = new ReportTables(data);
        (string Name, string Svg)[] figures = [.. LeadFigure.Of(data), .. ScoreFigures.Of(data), .. DriftFigures.Of(data), .. BudgetFigures.Of(data)];
        var advice = Recommendation.Of(data);
        return
        [
            ("recommendation.md", advice.ToMarkdown(tables)), .. tables.All.SelectMany(table => table.Files()), .. figures,
            ("report.html", ReportPage.ToHtml(data, advice, tables, figures)),
            .. NextCommand.Of(data) == null ? [] : new[] { (StoredRecipe.Next, StoredRecipe.WithRuns(data.Recipe!, [.. data.Further.Select(run => run.Point)])) },
        ];
    }
}
