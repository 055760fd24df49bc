using System.Globalization;
using System.Text;

namespace Alignment.Tests.Regression;

/// <summary>Numbers of a real sweep as text: a line a row, its key and its numbers between bars; a dash is what a row does not have.</summary>
/// <param name="Name">Such as curves.</param>
/// <param name="Columns">The key's heading, then the numbers'.</param>
/// <param name="Rows">Keys are different.</param>
internal sealed record LockedTable(string Name, IReadOnlyList<string> Columns, IReadOnlyList<LockedRow> Rows)
{
    private const string Heading = "## ", Absent = "-";

    /// <summary>The row of a key, or null.</summary>
    public LockedRow? Row(string key) => Rows.FirstOrDefault(row => row.Key == key);

    /// <summary>Several tables as one text.</summary>
    public static string Text(IEnumerable<LockedTable> tables) => string.Join('\n', tables.Select(table => table.Text()));

    /// <summary>What <see cref="Text(IEnumerable{LockedTable})"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It did not write this.</exception>
    public static IReadOnlyList<LockedTable> Parse(string text)
    {
        List<LockedTable> tables = [];
        foreach (string[] block in text.Split(Heading, StringSplitOptions.RemoveEmptyEntries).Select(block => block.TrimStart('\uFEFF').Split('\n', StringSplitOptions.RemoveEmptyEntries)).Where(block => block.Length > 0))
        {
            if (block.Length < 2)
                throw new InvalidDataException($"no table of locked numbers: {string.Join('\n', block)}");
            string[] columns = Cells(block[1]);
            tables.Add(new(block[0].Trim(), columns, [.. block.Skip(2).Select(line => Cells(line)).Select(cells =>
                cells.Length == columns.Length ? new LockedRow(cells[0], [.. cells.Skip(1).Select(Number)])
                    : throw new InvalidDataException($"table {block[0]}: {cells.Length} cells for {columns.Length} columns: {string.Join(" | ", cells)}"))]));
        }

        return tables;
    }

    /// <summary>A number as it stands in the text.</summary>
    public static string Cell(double number) => double.IsNaN(number) ? Absent : number.ToString("G8", CultureInfo.InvariantCulture);

    private string Text()
    {
        string[][] lines = [[.. Columns], .. Rows.Select(row => (string[])[row.Key, .. row.Numbers.Select(Cell)])];
        int[] widths = [.. Columns.Select((_, column) => lines.Max(line => line[column].Length))];
        var text = new StringBuilder(Heading).Append(Name).Append('\n');
        foreach (string[] line in lines)
            text.AppendJoin(" | ", line.Select((cell, column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column]))).Append('\n');
        return text.ToString();
    }

    private static string[] Cells(string line) => line.Split('|', StringSplitOptions.TrimEntries);

    private static double Number(string cell) => cell == Absent ? double.NaN : double.Parse(cell, NumberStyles.Float, CultureInfo.InvariantCulture);
}

/// <summary>A row.</summary>
/// <param name="Key">Names it.</param>
/// <param name="Numbers">Not a number where it has none.</param>
internal sealed record LockedRow(string Key, IReadOnlyList<double> Numbers);
