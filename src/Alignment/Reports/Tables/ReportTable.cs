using System.Text;

namespace Alignment.Reports.Tables;

/// <summary>A table of a report: ID.csv, ID.md and a part of the page.</summary>
/// <param name="Id">File name without extension, and anchor in report.html.</param>
/// <param name="Title">A heading that says what the table answers.</param>
/// <param name="Note">How to read it.</param>
/// <param name="Table">What people read. The first column names its rows, each once.</param>
internal sealed record ReportTable(string Id, string Title, string Note, Table Table)
{
    /// <summary>What the CSV file holds: <see cref="Table"/>, unless programs are better served by other rows.</summary>
    public Table Data { get; init; } = Table;

    /// <summary>The table with a CSV of all columns, of which people read those that hold something.</summary>
    public static ReportTable WithoutEmptyColumns(string id, string title, string note, Table table) => new(id, title, note, table.WithoutEmptyColumns()) { Data = table };

    /// <summary>Tables to be read after it; they stand in the same Markdown file and have no CSV of their own.</summary>
    public IReadOnlyList<ReportTable> Further { get; init; } = [];

    /// <summary>Its cells have ids in the page, for sentences to point at.</summary>
    public bool IsCited { get; init; } = true;

    /// <summary>Name and content of its two files.</summary>
    public IEnumerable<(string Name, string Text)> Files() => [($"{Id}.csv", Data.ToCsv()), ($"{Id}.md", ToMarkdown())];

    /// <summary>The Markdown file.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder("# ").Append(Title).Append("\n\n").Append(Note).Append("\n\n").Append(Table.ToMarkdown());
        foreach (ReportTable table in Further)
            text.Append("\n#").Append(table.ToMarkdown());
        return text.ToString();
    }
}

/// <summary>Where a statement comes from.</summary>
/// <param name="Table">Id of a <see cref="ReportTable"/>.</param>
/// <param name="Row">What stands in the row's first column.</param>
/// <param name="Column">Heading of the column.</param>
internal sealed record Source(string Table, string Row, string Column)
{
    /// <summary>The cell's id in report.html.</summary>
    public string Anchor => AnchorOf(Table, Row, Column);

    /// <summary>The id of a cell: letters and digits of table, row and column.</summary>
    public static string AnchorOf(string table, string row, string column) =>
        string.Join('.', new[] { table, row, column }.Select(part => string.Join('-', Words(part))));

    private static IEnumerable<string> Words(string text) =>
        new string([.. text.Select(c => char.IsLetterOrDigit(c) ? char.ToLowerInvariant(c) : ' ')]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
