using Alignment.Reports.Advice;
using Alignment.Reports.Figures;
using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Sweeps;

namespace Alignment.Reports.Page;

/// <summary>report.html: the answer first, then tables, figures, samples and how to run it again; one file that needs no network.</summary>
internal static class ReportPage
{
    /// <summary>The page.</summary>
    /// <param name="data">The sweep.</param>
    /// <param name="advice">The answer.</param>
    /// <param name="tables">Its tables.</param>
    /// <param name="figures">Its figures, by file name.</param>
    public static string ToHtml(ReportData data, Recommendation advice, ReportTables tables, IReadOnlyList<(string Name, string Svg)> figures)
    {
        string round = data.Sweep.ChosenBy == null ? "" : ", on-policy";
        HtmlText page = Open($"Sweep {data.Sweep.Recipe}{(data.Sweep.Judge is { Decides: false } judge ? $", by judge {judge.Name}" : "")}{round}: which method should I use?");
        AnswerBox.Write(page, data, advice, tables, figures);
        page.Raw("<nav aria-label=\"Contents\"><a href=\"#next\">Next runs</a> <a href=\"#best\">Best runs</a> "
            + (tables.OnPolicy.Count > 0 ? "<a href=\"#on-policy\">On-policy</a> " : "") + "<a href=\"#budgets\">Budget</a> <a href=\"#claims\">The paper's claims</a> "
            + "<a href=\"#hyperparameters\">Hyperparameters</a> <a href=\"#drift\">Length and drift</a> <a href=\"#browser\">Responses</a> "
            + (tables.Judges.Count > 0 ? "<a href=\"#judges\">Judges</a> " : "") + "<a href=\"#runs\">All runs</a> <a href=\"#again\">Run it again</a></nav>\n");
        HtmlTable.Section(page, tables.Next, 2);
        BestRuns(page, tables, figures);
        OnPolicy(page, tables.OnPolicy);
        Budgets(page, tables, figures);
        Hyperparameters(page, tables, figures);
        page.Element("h2", $"Length and distance from the {data.Sweep.StartModel}", "id=\"drift\"");
        Drift(page, tables, figures);
        SampleBrowser.SftSamples(page, data);
        SampleBrowser.Browser(page, data);
        Judges(page, data, tables.Judges);
        Runs(page, data.Sweep, tables.Runs);
        Reproduce(page, data.Sweep, tables.Data);
        return Close(page);
    }

    /// <summary>The head of a page and its heading.</summary>
    internal static HtmlText Open(string title, string head = "") => new HtmlText().Raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        .Raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<link rel=\"icon\" href=\"data:,\">\n")
        .Element("title", title).Raw("<style>").Raw(ReportAssets.Style).Raw("</style>\n").Raw(head).Raw("</head>\n<body>\n<main>\n").Element("h1", title);

    /// <summary>The page with its end.</summary>
    internal static string Close(HtmlText page) => page.Raw("</main>\n<script>").Raw(ReportAssets.Script).Raw("</script>\n</body>\n</html>\n").ToString();

    private static void BestRuns(HtmlText page, ReportTables tables, IReadOnlyList<(string Name, string Svg)> figures)
    {
        page.Element("h2", "Best runs", "id=\"best\"");
        HtmlTable.Section(page, tables.Best);
        HtmlTable.Section(page, tables.HeadToHead);
        page.Element("h3", "The whole grid");
        Figures(page, figures, "figure1.svg");
        foreach (ReportTable search in tables.Search)
            HtmlTable.Section(page, search);
        HtmlTable.Section(page, tables.Grids);
        HtmlTable.Section(page, tables.Noise);
    }

    // the round has a report of its own
    private static void OnPolicy(HtmlText page, IReadOnlyList<ReportTable> tables)
    {
        foreach (ReportTable table in tables)
        {
            HtmlTable.Section(page, table, 2);
            page.Raw("<p><a href=\"on-policy/report.html\">The whole report of the round on-policy</a></p>\n");
        }
    }

    private static void Budgets(HtmlText page, ReportTables tables, IReadOnlyList<(string Name, string Svg)> figures)
    {
        page.Element("h2", "On a budget", "id=\"budgets\"");
        Figures(page, figures, "budget-time.svg");
        HtmlTable.Section(page, tables.Budget);
        HtmlTable.Section(page, tables.Methods);
        HtmlTable.Section(page, tables.SettingsLikeThese);
        HtmlTable.Section(page, tables.Reach);
        HtmlTable.Section(page, tables.Claims, 2);
    }

    private static void Hyperparameters(HtmlText page, ReportTables tables, IReadOnlyList<(string Name, string Svg)> figures)
    {
        page.Element("h2", "Hyperparameters", "id=\"hyperparameters\"");
        HtmlTable.Section(page, tables.Sensitivity);
        Figures(page, figures, ["figure4.svg", "figure5.svg", "figure6.svg", "figure7.svg",
            .. figures.Select(figure => figure.Name).Where(name => name.StartsWith(ScoreFigures.Prefix, StringComparison.Ordinal))]);
        page.Raw("<details><summary>Every setting beside the best of its method</summary>\n");
        HtmlTable.Section(page, tables.Settings);
        page.Raw("</details>\n");
    }

    private static void Drift(HtmlText page, ReportTables tables, IReadOnlyList<(string Name, string Svg)> figures)
    {
        HtmlTable.Section(page, tables.Length);
        foreach (ReportTable moved in tables.Moved.Concat(tables.Averages))
            HtmlTable.Section(page, moved);
        Figures(page, figures, "length.svg", "frontier.svg", "figure2.svg", "figure3.svg", "figure8.svg", "figure9.svg");
    }

    private static void Figures(HtmlText page, IReadOnlyList<(string Name, string Svg)> figures, params string[] names) =>
        Figures(page, names.SelectMany(name => figures.Where(figure => figure.Name == name)).Select(figure => figure.Svg));

    /// <summary>SVG pictures side by side where there is room.</summary>
    internal static void Figures(HtmlText page, IEnumerable<string> pictures)
    {
        page.Raw("<div class=\"figures\">\n");
        foreach (string picture in pictures)
            page.Raw("<div class=\"figure\">").Raw(picture).Raw("</div>\n");
        page.Raw("</div>\n");
    }

    // each further judge has a report of its own
    private static void Judges(HtmlText page, ReportData data, IReadOnlyList<ReportTable> tables)
    {
        foreach (ReportTable table in tables)
            HtmlTable.Section(page, table, table == tables[0] ? 2 : 3);
        foreach (string name in data.Others.Select(other => other.Sweep.Judge!.Name))
            page.Raw("<p><a href=\"").Text($"judges/{name}/report.html").Raw("\">").Text($"The whole report by {name}").Raw("</a></p>\n");
    }

    private static void Runs(HtmlText page, StoredSweep sweep, ReportTable table)
    {
        StoredRun[] runs = [.. RunTable.Finished(sweep)];
        IReadOnlyList<string>[] curves = new IReadOnlyList<string>[runs.Length];
        Parallel.For(0, runs.Length, i => curves[i] = RunCurves.Of(runs[i]));
        ExtraColumns? extra = curves.All(curve => curve.Count == 0) ? null
            : new ExtraColumns(RunCurves.Names, row => curves[row].Count == 0 ? ["–", "–", "–", "–"] : curves[row]);
        HtmlTable.Section(page, table, 2, extra);
    }

    private static void Reproduce(HtmlText page, StoredSweep sweep, IReadOnlyList<ReportTable> tables)
    {
        page.Element("h2", "Run it again", "id=\"again\"").Element("pre", sweep.Command, "tabindex=\"0\" aria-label=\"Command\"");
        foreach (ReportTable table in tables)
            HtmlTable.Section(page, table);
        if ((sweep.Sft ?? (sweep.Runs.Count > 0 ? sweep.Runs[0] : null)) is not { } run)
            return;
        HtmlTable.Section(page, new ReportTable("environment", "Environment", $"Where {run.Id} was made.", new Table([new("fact"), new("value")],
            [.. run.Facts.Environment.OrderBy(fact => fact.Key, StringComparer.Ordinal).Select(fact => (IReadOnlyList<Cell>)[fact.Key, fact.Value])])));
    }
}
