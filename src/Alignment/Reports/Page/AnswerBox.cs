using Alignment.Reports.Advice;
using Alignment.Reports.Figures;
using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Reports.Text;

namespace Alignment.Reports.Page;

/// <summary>The first screen: one sentence, two figures, what to start with, what to run next, facts; why, with intervals and p-values, is folded below.</summary>
internal static class AnswerBox
{
    public static void Write(HtmlText page, ReportData data, Recommendation advice, ReportTables tables, IReadOnlyList<(string Name, string Svg)> figures)
    {
        page.Raw("<section class=\"answer\" aria-label=\"Recommendation\">\n<p class=\"lead\">").Text(advice.Answer.Text).Raw("</p>\n");
        if (advice.Undecided is { } undecided)
            Sentence(page.Raw("<p>"), undecided).Raw("</p>\n");
        (string Name, string Svg)[] shown = [.. figures.Where(figure => figure.Name is LeadFigure.Name or BudgetFigures.Name)];
        if (shown.Length > 0)
            ReportPage.Figures(page, shown.Select(figure => figure.Svg));
        if (data.Finished.Count > 0)
            HtmlTable.Section(page, tables.Start, 2);
        Next(page, advice);
        Facts(page, tables.Facts);
        Why(page, data, advice, tables);
        page.Raw("</section>\n");
    }

    private static void Next(HtmlText page, Recommendation advice)
    {
        if (advice.Next.Count == 0)
            return;
        page.Raw("<h2>Run next</h2>\n<ul class=\"next\">\n");
        foreach (Finding finding in advice.Next)
            Sentence(page.Raw("<li>"), finding).Raw("</li>\n");
        page.Raw("</ul>\n").Element("pre", advice.Command, "tabindex=\"0\" aria-label=\"Command\"");
    }

    private static void Facts(HtmlText page, ReportTable facts)
    {
        page.Raw("<dl class=\"facts\">\n");
        foreach (IReadOnlyList<Cell> row in facts.Table.Rows)
            page.Raw("<div>").Element("dt", row[0].ToString()).Element("dd", row[1].ToString()).Raw("</div>\n");
        page.Raw("</dl>\n");
    }

    private static void Why(HtmlText page, ReportData data, Recommendation advice, ReportTables tables)
    {
        page.Raw("<details id=\"why\"><summary>Why, and how sure</summary>\n");
        if (advice.Budgets.Count > 0)
            Budgets(page, advice.Budgets);
        if (data.Finished.Count > 0)
            HtmlTable.Section(page, tables.Against);
        foreach ((string heading, IReadOnlyList<Finding> findings) in advice.Sections)
        {
            page.Element("h3", heading).Raw("<ul>\n");
            foreach (Finding finding in findings)
                Sentence(page.Raw("<li>"), finding).Raw("</li>\n");
            page.Raw("</ul>\n");
        }

        page.Element("p", "Brackets are 95 % intervals: of scores over prompts, of leads and gains over seeds and prompts; leads are corrected for the number of comparisons. "
            + "A win is a strictly higher score than the other's on the same prompt. Small links lead to the tables a sentence is computed from.", "class=\"note\"").Raw("</details>\n");
    }

    private static void Budgets(HtmlText page, IReadOnlyList<BudgetAdvice> budgets)
    {
        page.Raw("<table class=\"budgets\"><thead><tr><th scope=\"col\">With a budget of</th><th scope=\"col\">use</th><th scope=\"col\">because</th></tr></thead><tbody>\n");
        foreach (BudgetAdvice budget in budgets)
        {
            page.Raw("<tr><th scope=\"row\">").Text(budget.Budget).Raw(budget.HasWinner ? "</th><td class=\"use\">" : "</th><td class=\"use open\">")
                .Text(Words.Or(budget.Use)).Raw(budget.HasWinner ? "" : " <small>not told apart</small>").Raw("</td><td>");
            Sentence(page, budget.Because).Raw("</td></tr>\n");
        }

        page.Raw("</tbody></table>\n");
    }

    /// <summary>A sentence with a small link to each table it comes from, at the first of its cells.</summary>
    internal static HtmlText Sentence(HtmlText page, Finding finding)
    {
        page.Text(finding.Text);
        foreach (Source source in finding.Sources.DistinctBy(source => source.Table))
            page.Raw($" <a class=\"source\" href=\"#{source.Anchor}\" title=\"").Text($"{source.Table}: {source.Row}, {source.Column}").Raw("\">").Text(source.Table).Raw("</a>");
        return page;
    }
}
