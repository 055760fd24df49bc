using Alignment.Reports.Text;

namespace Alignment.Reports.Tables;

/// <summary>A column of a <see cref="Table"/>.</summary>
/// <param name="Name">Its heading.</param>
/// <param name="Decimals">Decimals of its numbers in Markdown and HTML; CSV always has <see cref="Digits.Csv"/>.</param>
/// <param name="IsNumeric">It is set flush right.</param>
internal sealed record Column(string Name, int Decimals = 3, bool IsNumeric = false)
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
