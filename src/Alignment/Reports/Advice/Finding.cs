using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;

namespace Alignment.Reports.Advice;

/// <summary>A sentence and the table cells it is computed from; every number with decimals in it stands in one of them.</summary>
internal sealed record Finding(string Text, params IReadOnlyList<Source> Sources)
{
    /// <summary>A sentence on several methods, and the cell of each in a column of a table whose rows are methods.</summary>
    public static Finding Of(string text, string table, IEnumerable<MethodRuns> methods, string column) =>
        new(text, [.. methods.Select(method => new Source(table, method.Method, column))]);
}
