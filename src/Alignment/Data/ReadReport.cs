using System.Globalization;

namespace Alignment.Data;

/// <summary>What became of the rows of a data file.</summary>
internal sealed class ReadReport
{
    /// <summary>Faulty rows that are named in full.</summary>
    public const int NamedFaults = 20;

    private readonly SortedDictionary<string, int> _skipped = new(StringComparer.Ordinal), _filtered = new(StringComparer.Ordinal);
    private readonly List<string> _faults = [];

    /// <summary>Rows read.</summary>
    public int Rows { get; internal set; }

    /// <summary>Rows that became pairs.</summary>
    public int Kept => Rows - Skipped - Filtered;

    /// <summary>Faulty rows left out.</summary>
    public int Skipped => _skipped.Values.Sum();

    /// <summary>Good rows left out by the filter.</summary>
    public int Filtered => _filtered.Values.Sum();

    /// <summary>Faulty rows by kind of fault.</summary>
    public IReadOnlyDictionary<string, int> SkippedByReason => _skipped;

    /// <summary>The first faults: file(line): reason: detail.</summary>
    public IReadOnlyList<string> Faults => _faults;

    /// <summary>One line for the log.</summary>
    public override string ToString()
    {
        string reasons = string.Join(", ", _skipped.Concat(_filtered).Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.Value} {r.Key}")));
        return string.Create(CultureInfo.InvariantCulture, $"{Rows} rows, {Kept} kept{(reasons.Length > 0 ? $"; left out: {reasons}" : "")}");
    }

    internal void Skip(string reason, string fault)
    {
        _skipped[reason] = _skipped.GetValueOrDefault(reason) + 1;
        if (_faults.Count < NamedFaults)
            _faults.Add(fault);
    }

    internal void LeaveOut(string reason) => _filtered[reason] = _filtered.GetValueOrDefault(reason) + 1;
}
