using System.Globalization;

namespace Alignment.Data;

/// <summary>Rows counted by reason, the first of each reason by where they stand.</summary>
internal sealed class RowTally
{
    private readonly SortedDictionary<string, (int Count, List<string> First)> _reasons = new(StringComparer.Ordinal);

    /// <summary>How many in all.</summary>
    public int Total => _reasons.Values.Sum(rows => rows.Count);

    /// <summary>How many of each reason.</summary>
    public IReadOnlyDictionary<string, int> Counts => _reasons.ToDictionary(reason => reason.Key, reason => reason.Value.Count);

    /// <summary>"3 tie, 1 double safe"; empty where there is none.</summary>
    public override string ToString() => string.Join(", ", _reasons.Select(reason => string.Create(CultureInfo.InvariantCulture, $"{reason.Value.Count} {reason.Key}")));

    /// <summary>A line for each reason: "tie: rows.jsonl(3), rows.jsonl(8) and 40 more".</summary>
    public IEnumerable<string> Named() => _reasons.Select(reason => $"{reason.Key}: {Where(reason.Key)}");

    /// <summary>Where the rows of a reason stand.</summary>
    public string Where(string reason)
    {
        (int count, List<string> first) = _reasons[reason];
        return string.Join(", ", first) + (count > first.Count ? string.Create(CultureInfo.InvariantCulture, $" and {count - first.Count} more") : "");
    }

    internal void Add(string reason, string source)
    {
        (int count, List<string> first) = _reasons.TryGetValue(reason, out (int Count, List<string> First) known) ? known : (0, []);
        if (first.Count < ReadReport.NamedFaults)
            first.Add(source);
        _reasons[reason] = (count + 1, first);
    }
}
