using Alignment.Reports.Advice;
using Alignment.Reports.Figures;
using Alignment.Reports.Numbers;
using Alignment.Reports.Page;
using Alignment.Reports.Tables;
using Alignment.Reports.Text;

namespace Alignment.Reports.Compare;

/// <summary>compare.html: the answer first, then the tables and both sweeps' budget curves; one file that needs no network.</summary>
internal static class ComparePage
{
    public static string ToHtml(SweepPair pair, IReadOnlyList<ReportTable> tables, string transferFigure)
    {
        HtmlText page = ReportPage.Open(CompareAnswer.Title(pair));
        IReadOnlyList<Finding> findings = CompareAnswer.Of(pair);
        page.Raw("<section class=\"answer\" aria-label=\"Comparison\">\n<p class=\"lead\">").Text(findings[0].Text).Raw("</p>\n<ul>\n");
        foreach (Finding finding in findings.Skip(1))
            AnswerBox.Sentence(page.Raw("<li>"), finding).Raw("</li>\n");
        page.Raw("</ul>\n</section>\n");
        foreach (ReportTable table in tables)
        {
            HtmlTable.Section(page, table, 2);
            if (table.Id == "transfer")
                ReportPage.Figures(page, [transferFigure]);
        }

        page.Element("h2", "On a budget");
        foreach ((string name, ReportData data) in new[] { (pair.FirstName, pair.First), (pair.SecondName, pair.Second) })
        {
            page.Element("h3", name);
            ReportPage.Figures(page, [BudgetFigures.Of(data).First().Svg, ScoreFigures.WholeGrid(data)]);
        }

        return ReportPage.Close(page);
    }
}

/// <summary>The score of every shared setting in one sweep against its score in the other.</summary>
internal static class TransferFigure
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
