using Alignment.Reports.Advice;
using Alignment.Reports.Figures;
using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Sweeps;

namespace Alignment.Reports.Page;

/// <summary>report.html: the answer first, then tables, figures, samples and how to run it again; one file that needs no network.</summary>
public static class ReportPage
{
    /// <summary>The page.</summary>
    /// <param name="data">The sweep.</param>
    /// <param name="figures">SVG by file name.</param>
    public static string ToHtml(ReportData data, IReadOnlyDictionary<string, string> figures)
    {
        string title = $"Sweep {data.Sweep.Recipe}: which method should I use?";
        HtmlText page = Open(title);
        AnswerBox.Write(page, Recommendation.Of(data));
        page.Raw("<nav aria-label=\"Contents\"><a href=\"#best\">Best runs</a> <a href=\"#budgets\">Budget</a> <a href=\"#hyperparameters\">Hyperparameters</a> "
            + "<a href=\"#drift\">Length and drift</a> <a href=\"#browser\">Responses</a> <a href=\"#runs\">All runs</a> <a href=\"#again\">Run it again</a></nav>\n");
        BestRuns(page, data, figures);
        Budgets(page, data, figures);
        Hyperparameters(page, data, figures);
        Drift(page, data, figures);
        SampleBrowser.SftSamples(page, data);
        SampleBrowser.Browser(page, data);
        Runs(page, data.Sweep);
        Reproduce(page, data.Sweep);
        return Close(page);
    }

    /// <summary>The head of a page and its heading.</summary>
    internal static HtmlText Open(string title) => new HtmlText().Raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        .Raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<link rel=\"icon\" href=\"data:,\">\n")
        .Element("title", title).Raw("<style>").Raw(ReportAssets.Style).Raw("</style>\n</head>\n<body>\n<main>\n").Element("h1", title);

    /// <summary>The page with its end.</summary>
    internal static string Close(HtmlText page) => page.Raw("</main>\n<script>").Raw(ReportAssets.Script).Raw("</script>\n</body>\n</html>\n").ToString();

    private static void BestRuns(HtmlText page, ReportData data, IReadOnlyDictionary<string, string> figures)
    {
        page.Element("h2", "Best runs", "id=\"best\"");
        HtmlTable.Section(page, Table1.Absolute(data));
        if (Table1.HasChange(data))
            HtmlTable.Section(page, Table1.Change(data));
        page.Element("h3", "Head to head");
        foreach (Table3.Level level in Table3.Levels(data))
            HtmlTable.Section(page, Table3.Square(data, level), "h4");
        page.Element("h3", "The whole grid");
        Figures(page, figures, "figure1.svg");
        HtmlTable.Section(page, BudgetTable.Grid(data));
        HtmlTable.Section(page, NoiseTable.Of(data));
    }

    private static void Budgets(HtmlText page, ReportData data, IReadOnlyDictionary<string, string> figures)
    {
        page.Element("h2", "On a budget", "id=\"budgets\"");
        Figures(page, figures, "budget.svg", "budget-time.svg");
        HtmlTable.Section(page, BudgetTable.Readable(data));
        HtmlTable.Section(page, TestsTable.Of(data));
        HtmlTable.Section(page, ReachTable.Of(data));
    }

    private static void Hyperparameters(HtmlText page, ReportData data, IReadOnlyDictionary<string, string> figures)
    {
        page.Element("h2", "Hyperparameters", "id=\"hyperparameters\"");
        HtmlTable.Section(page, SensitivityTable.Of(data));
        Figures(page, figures, ["figure4.svg", "figure5.svg", "figure6.svg", "figure7.svg",
            .. figures.Keys.Where(name => name.StartsWith(HyperparameterFigures.Prefix, StringComparison.Ordinal))]);
        page.Raw("<details><summary>Every setting beside the best of its method</summary>\n");
        HtmlTable.Section(page, SettingsTable.Of(data));
        page.Raw("</details>\n");
    }

    private static void Drift(HtmlText page, ReportData data, IReadOnlyDictionary<string, string> figures)
    {
        page.Element("h2", "Length and distance from the SFT model", "id=\"drift\"");
        HtmlTable.Section(page, LengthTable.Of(data));
        Figures(page, figures, "length.svg", "frontier.svg", "figure2.svg", "figure3.svg", "figure8.svg", "figure9.svg");
    }

    private static void Figures(HtmlText page, IReadOnlyDictionary<string, string> figures, params string[] names) =>
        Figures(page, names.Where(figures.ContainsKey).Select(name => figures[name]));

    /// <summary>SVG pictures side by side where there is room.</summary>
    internal static void Figures(HtmlText page, IEnumerable<string> pictures)
    {
        page.Raw("<div class=\"figures\">\n");
        foreach (string picture in pictures)
            page.Raw("<div class=\"figure\">").Raw(picture).Raw("</div>\n");
        page.Raw("</div>\n");
    }

    private static void Runs(HtmlText page, StoredSweep sweep)
    {
        StoredRun[] runs = [.. RunTable.Finished(sweep)];
        IReadOnlyList<string>[] curves = new IReadOnlyList<string>[runs.Length];
        Parallel.For(0, runs.Length, i => curves[i] = RunCurves.Of(runs[i]));
        ExtraColumns? extra = curves.All(curve => curve.Count == 0) ? null
            : new ExtraColumns(RunCurves.Names, row => curves[row].Count == 0 ? ["–", "–", "–", "–"] : curves[row]);
        HtmlTable.Section(page, RunTable.Readable(sweep), "h2", extra);
        if (sweep.Missing.Count > 0)
            HtmlTable.Section(page, new ReportTable("missing", "Runs without a result", "What the recipe asks for and the store does not have.", RunTable.Missing(sweep)), "h2");
    }

    private static void Reproduce(HtmlText page, StoredSweep sweep)
    {
        page.Element("h2", "Run it again", "id=\"again\"").Element("pre", sweep.Command, "tabindex=\"0\" aria-label=\"Command\"");
        if ((sweep.Sft ?? (sweep.Runs.Count > 0 ? sweep.Runs[0] : null)) is not { } run)
            return;
        HtmlTable.Section(page, new ReportTable("environment", "Environment", $"Where {run.Point.Slug} was made.", new Table([new("fact"), new("value")],
            [.. run.Facts.Environment.OrderBy(fact => fact.Key, StringComparer.Ordinal).Select(fact => (IReadOnlyList<Cell>)[fact.Key, fact.Value])])));
    }
}
