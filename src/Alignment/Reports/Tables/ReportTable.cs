namespace Alignment.Reports;

/// <summary>A table that sentences can point at.</summary>
/// <param name="Id">File name without extension, and anchor in report.html.</param>
/// <param name="Title">A heading that says what the table answers.</param>
/// <param name="Note">How to read it.</param>
/// <param name="Table">The first column names its rows, each once.</param>
public sealed record ReportTable(string Id, string Title, string Note, Table Table)
{
    /// <summary>The table as a Markdown file.</summary>
    public string ToMarkdown() => $"# {Title}\n\n{Note}\n\n{Table.ToMarkdown()}";
}

/// <summary>Where a statement comes from.</summary>
/// <param name="Table">Id of a <see cref="ReportTable"/>.</param>
/// <param name="Row">What stands in the row's first column.</param>
/// <param name="Column">Heading of the column.</param>
public sealed record Source(string Table, string Row, string Column)
{
    /// <summary>The cell's id in report.html.</summary>
    public string Anchor => AnchorOf(Table, Row, Column);

    /// <summary>The id of a cell: letters and digits of table, row and column.</summary>
    public static string AnchorOf(string table, string row, string column) =>
        string.Join('.', new[] { table, row, column }.Select(part => string.Join('-', Words(part))));

    private static IEnumerable<string> Words(string text) =>
        new string([.. text.Select(c => char.IsLetterOrDigit(c) ? char.ToLowerInvariant(c) : ' ')]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
