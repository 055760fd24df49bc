using System.Text;

namespace Alignment.Reports.Tables;

/// <summary>Rows of cells under named columns, written as CSV or Markdown: the same bytes under every culture.</summary>
/// <param name="Columns">At least one column.</param>
/// <param name="Rows">Each as long as there are columns.</param>
internal sealed record Table(IReadOnlyList<Column> Columns, IReadOnlyList<IReadOnlyList<Cell>> Rows)
{
    /// <summary>Without the columns in which no row has anything.</summary>
    public Table WithoutEmptyColumns()
    {
        int[] kept = [.. Enumerable.Range(0, Columns.Count).Where(column => Rows.Count == 0 || Rows.Any(row => row[column] != Cell.Empty))];
        return new([.. kept.Select(column => Columns[column])], [.. Rows.Select(row => (IReadOnlyList<Cell>)[.. kept.Select(column => row[column])])]);
    }

    /// <summary>RFC 4180 with line feeds: a field with a comma, a quote or a line break is quoted; numbers have six decimals.</summary>
    public string ToCsv()
    {
        var text = new StringBuilder();
        text.AppendJoin(',', Columns.SelectMany(CsvHeadings).Select(CsvField)).Append('\n');
        foreach (IReadOnlyList<Cell> row in Rows)
            text.AppendJoin(',', row.SelectMany((cell, i) => cell.CsvFields(Columns[i])).Select(CsvField)).Append('\n');
        return text.ToString();
    }

    /// <summary>A GitHub-flavoured pipe table, padded so that it also reads as plain text.</summary>
    public string ToMarkdown()
    {
        string[][] lines =
        [
            [.. Columns.Select(column => MarkdownCell(column.Name))],
            .. Rows.Select(row => row.Select((cell, i) => MarkdownCell(cell.Render(Columns[i]))).ToArray()),
        ];
        int[] widths = [.. Columns.Select((_, i) => Math.Max(3, lines.Max(line => line[i].Length)))];

        var text = new StringBuilder();
        for (int i = 0; i < lines.Length; i++)
        {
            text.Append("| ").AppendJoin(" | ", lines[i].Select((cell, c) => Pad(cell, widths[c], Columns[c].IsNumeric))).Append(" |\n");
            if (i == 0)
                text.Append('|').AppendJoin('|', widths.Select((width, c) => Rule(width, Columns[c].IsNumeric))).Append("|\n");
        }
        return text.ToString();
    }

    private static string[] CsvHeadings(Column column) =>
        column.IsEstimate ? [column.Csv, $"{column.Csv}_low", $"{column.Csv}_high"] : [column.Csv];

    private static string CsvField(string field) =>
        field.AsSpan().ContainsAny("\",\r\n") ? $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : field;

    private static string MarkdownCell(string cell) =>
        cell.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("|", "\\|", StringComparison.Ordinal)
            .Replace("<", "&lt;", StringComparison.Ordinal).ReplaceLineEndings(" ");

    private static string Pad(string cell, int width, bool right) => right ? cell.PadLeft(width) : cell.PadRight(width);

    private static string Rule(int width, bool right) => right ? new string('-', width + 1) + ":" : new string('-', width + 2);
}
