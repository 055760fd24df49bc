using System.Globalization;
using System.Text;
using Alignment.Evaluation;
using Alignment.Reports.Text;

namespace Alignment.Reports.Tables;

/// <summary>Rows of cells under named columns, written as CSV or Markdown: the same bytes under every culture.</summary>
/// <param name="Columns">At least one column.</param>
/// <param name="Rows">Each as long as there are columns.</param>
public sealed record Table(IReadOnlyList<Column> Columns, IReadOnlyList<IReadOnlyList<Cell>> Rows)
{
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

/// <summary>One cell of a <see cref="Table"/>: a text, a number, an estimate with its interval, or nothing.</summary>
/// <param name="Text">The text, or null.</param>
/// <param name="Number">The number, or null.</param>
/// <param name="Estimate">The estimate, or null.</param>
public readonly record struct Cell(string? Text, double? Number, Estimate? Estimate = null)
{
    /// <summary>A cell with nothing in it: empty in CSV, a dash in Markdown.</summary>
    public static Cell Empty { get; }

    /// <summary>A text.</summary>
    public static implicit operator Cell(string text) => new(text, null);

    /// <summary>A number, written with its column's digits; nothing where it is not a number.</summary>
    public static implicit operator Cell(double number) => double.IsNaN(number) ? Empty : new(null, number);

    /// <summary>A number with its interval; nothing where it is not a number.</summary>
    public static implicit operator Cell(Estimate estimate) => double.IsNaN(estimate.Value) ? Empty : new(null, null, estimate);

    /// <summary>The cell as people read it in <paramref name="column"/>; <paramref name="empty"/> where it is nothing.</summary>
    public string Render(Column column, string empty = "–") => this switch
    {
        { Text: { } text } => text,
        { Number: { } number } => column.IsSigned ? Digits.WithSign(number, column.Decimals) : Digits.Fixed(number, column.Decimals),
        { Estimate: { } estimate } => column.IsSigned ? Estimates.Change(estimate, column.Decimals) : Estimates.Text(estimate, column.Decimals),
        _ => empty,
    };

    /// <summary>Its fields in a CSV file: three in a column of estimates (value, low, high), else one.</summary>
    public IReadOnlyList<string> CsvFields(Column column) => this switch
    {
        { Estimate: { } estimate } => [Fixed(estimate.Value), Fixed(estimate.Low), Fixed(estimate.High)],
        _ when column.IsEstimate => [Field, "", ""],
        _ => [Field],
    };

    /// <inheritdoc/>
    public override string ToString() => Text ?? Number?.ToString(CultureInfo.InvariantCulture) ?? "";

    private string Field => Text ?? (Number is { } number ? Fixed(number) : "");

    private static string Fixed(double number) => Digits.Fixed(number, Digits.Csv);
}

/// <summary>A column of a <see cref="Table"/>.</summary>
/// <param name="Name">Its heading.</param>
/// <param name="Decimals">Decimals of its numbers in Markdown and HTML; CSV always has <see cref="Digits.Csv"/>.</param>
/// <param name="IsNumeric">It is set flush right.</param>
public sealed record Column(string Name, int Decimals = 3, bool IsNumeric = false)
{
    /// <summary>Its heading in CSV: <see cref="Name"/> unless told otherwise.</summary>
    public string Csv { get; init; } = Name;

    /// <summary>Its cells are estimates: three columns in CSV, Csv, Csv_low and Csv_high.</summary>
    public bool IsEstimate { get; init; }

    /// <summary>Its numbers are changes and always have a sign.</summary>
    public bool IsSigned { get; init; }

    /// <summary>A column of numbers.</summary>
    public static Column Of(string name, string csv, int decimals = 3, bool isChange = false) =>
        new(name, decimals, IsNumeric: true) { Csv = csv, IsSigned = isChange };

    /// <summary>A column of numbers with intervals.</summary>
    public static Column Estimates(string name, string csv, int decimals = 3, bool isChange = false) =>
        new(name, decimals, IsNumeric: true) { Csv = csv, IsSigned = isChange, IsEstimate = true };

    /// <summary>A column of text with another heading in CSV.</summary>
    public static Column Text(string name, string csv) => new(name) { Csv = csv };
}
