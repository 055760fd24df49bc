using System.Globalization;
using Alignment.Evaluation;
using Alignment.Reports.Text;

namespace Alignment.Reports.Tables;

/// <summary>One cell of a <see cref="Table"/>: a text, a number, an estimate with its interval, or nothing.</summary>
/// <param name="Text">The text, or null.</param>
/// <param name="Number">The number, or null.</param>
/// <param name="Estimate">The estimate, or null.</param>
internal readonly record struct Cell(string? Text, double? Number, Estimate? Estimate = null)
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
