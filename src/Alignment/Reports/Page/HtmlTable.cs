using Alignment.Reports.Tables;

namespace Alignment.Reports.Page;

/// <summary>A <see cref="ReportTable"/> in the page: sortable, its cells with ids that sentences link to.</summary>
internal static class HtmlTable
{
    /// <summary>Heading, note and table, then the tables to be read after it; with <paramref name="extra"/>, columns of markup after the first.</summary>
    public static void Section(HtmlText page, ReportTable table, int level = 3, ExtraColumns? extra = null)
    {
        page.Raw($"<h{level} id=\"").Text(table.Id).Raw("\">").Text(table.Title).Raw($"</h{level}>\n").Element("p", table.Note, "class=\"note\"");
        Write(page, table, extra);
        foreach (ReportTable further in table.Further)
            Section(page, further, level + 1);
    }

    // a table scrolls sideways inside its own frame on a narrow screen
    private static void Write(HtmlText page, ReportTable table, ExtraColumns? extra)
    {
        page.Raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"").Text(table.Title)
            .Raw(table.Table.Rows.Count > 1 ? "\"><table class=\"sortable\">" : "\"><table>").Raw("<thead><tr>");
        for (int i = 0; i < table.Table.Columns.Count; i++)
        {
            Column column = table.Table.Columns[i];
            page.Element("th", column.Name, column.IsNumeric ? "scope=\"col\" class=\"number\"" : "scope=\"col\"");
            foreach (string name in i == 0 && extra is not null ? extra.Names : [])
                page.Element("th", name, "scope=\"col\" class=\"fixed\"");
        }

        page.Raw("</tr></thead>\n<tbody>\n");
        for (int i = 0; i < table.Table.Rows.Count; i++)
            Row(page, table, table.Table.Rows[i], extra?.Cells(i) ?? []);
        page.Raw("</tbody></table></div>\n");
    }

    private static void Row(HtmlText page, ReportTable table, IReadOnlyList<Cell> row, IReadOnlyList<string> extra)
    {
        page.Raw("<tr>");
        for (int i = 0; i < row.Count; i++)
        {
            Column column = table.Table.Columns[i];
            string id = !table.IsCited ? "" : $" id=\"{Source.AnchorOf(table.Id, row[0].Render(table.Table.Columns[0]), column.Name)}\"";
            page.Raw($"<td{(column.IsNumeric ? " class=\"number\"" : "")}{id}>");
            Data(page, row[i].Render(column), column.IsNumeric);
            page.Raw("</td>");
            foreach (string markup in i == 0 ? extra : [])
                page.Raw("<td>").Raw(markup).Raw("</td>");
        }

        page.Raw("</tr>\n");
    }

    // an interval stands below its value: tables stay narrow enough to be read without scrolling
    private static void Data(HtmlText page, string text, bool isNumeric)
    {
        int bracket = isNumeric ? text.IndexOf(" [", StringComparison.Ordinal) : -1;
        page.Text(bracket < 0 ? text : text[..bracket]);
        if (bracket >= 0)
            page.Raw(" <small>").Text(text[(bracket + 1)..]).Raw("</small>");
    }
}

/// <summary>Columns of markup after a table's first.</summary>
/// <param name="Names">Their headings.</param>
/// <param name="Cells">The markup of the cells of a row.</param>
internal sealed record ExtraColumns(IReadOnlyList<string> Names, Func<int, IReadOnlyList<string>> Cells);
