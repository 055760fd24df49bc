using Alignment.Reports.Advice;
using Alignment.Reports.Tables;
using Alignment.Reports.Text;

namespace Alignment.Reports.Page;

/// <summary>The first screen: the recommendation, each sentence with links to the cells it comes from.</summary>
internal static class AnswerBox
{
    public static void Write(HtmlText page, Recommendation advice)
    {
        page.Raw("<section class=\"answer\" aria-label=\"Recommendation\">\n<p class=\"lead\">").Text(advice.Answer.Text).Raw("</p>\n");
        if (advice.Budgets.Count > 0)
            Budgets(page, advice.Budgets);
        foreach ((string heading, IReadOnlyList<Finding> findings) in advice.Sections)
        {
            page.Element("h2", heading).Raw("<ul>\n");
            foreach (Finding finding in findings)
                Sentence(page.Raw("<li>"), finding).Raw("</li>\n");
            page.Raw("</ul>\n");
        }

        page.Element("p", "Brackets are 95 % intervals over prompts (paired bootstrap); leads between methods are corrected for the number of comparisons. "
            + "Small links lead to the table cells a sentence is computed from.", "class=\"note\"").Raw("</section>\n");
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

    /// <summary>A sentence with a small link to every cell it comes from.</summary>
    internal static HtmlText Sentence(HtmlText page, Finding finding)
    {
        page.Text(finding.Text);
        string table = "";
        int further = 1;
        foreach (Source source in finding.Sources)
        {
            further = source.Table == table ? further + 1 : 1;
            string name = further > 1 ? Digits.Fixed(further, 0) : source.Table;
            table = source.Table;
            page.Raw($" <a class=\"source\" href=\"#{source.Anchor}\" title=\"").Text($"{source.Table}: {source.Row}, {source.Column}").Raw("\">").Text(name).Raw("</a>");
        }

        return page;
    }
}
