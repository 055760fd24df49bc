using System.Globalization;
using Alignment.Tokenization;

namespace Alignment.Data;

/// <summary>What became of the rows of a data file.</summary>
internal sealed class ReadReport
{
    /// <summary>Rows of a reason that are named.</summary>
    public const int NamedFaults = 20;

    private readonly RowTally _skipped = new();
    private readonly List<string> _faults = [];

    /// <summary>How a row is read: "ultrafeedback: prompt = prompt, chosen = chosen, rejected = rejected"; empty before the first.</summary>
    public string Shape { get; internal set; } = "";

    /// <summary>Rows read.</summary>
    public int Rows { get; internal set; }

    /// <summary>Rows that became pairs.</summary>
    public int Kept => Rows - Skipped - LeftOut.Total;

    /// <summary>Faulty rows left out.</summary>
    public int Skipped => _skipped.Total;

    /// <summary>Good rows left out: they prefer neither response, or the recipe does not want them.</summary>
    public RowTally LeftOut { get; } = new();

    /// <summary>Rows that became pairs and say something that one should know.</summary>
    public RowTally Noted { get; } = new();

    /// <summary>Faulty rows by kind of fault.</summary>
    public IReadOnlyDictionary<string, int> SkippedByReason => _skipped.Counts;

    /// <summary>The first faults: file(line): reason: detail.</summary>
    public IReadOnlyList<string> Faults => _faults;

    /// <summary>Rows that the template writes without the generation prompt, so that they are cut where the answer starts.</summary>
    public int Cut { get; private set; }

    /// <summary>Rows whose responses the template writes in other words.</summary>
    public int Rewritten { get; private set; }

    /// <summary>One line for the log.</summary>
    public override string ToString()
    {
        string reasons = string.Join(", ", new[] { _skipped, LeftOut }.Where(tally => tally.Total > 0));
        return string.Create(CultureInfo.InvariantCulture, $"{Rows} rows, {Kept} kept{(reasons.Length > 0 ? $"; left out: {reasons}" : "")}{(Noted.Total > 0 ? $"; noted: {Noted}" : "")}{Written}");
    }

    private string Written => (Cut == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"; {Cut} cut where the answer starts: the template writes them without its generation prompt"))
        + (Rewritten == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"; {Rewritten} with a response that the template writes in other words"));

    internal void Write(WrittenRow row)
    {
        Cut += row.IsCut ? 1 : 0;
        Rewritten += row.IsRewritten ? 1 : 0;
    }

    internal void Skip(string reason, string fault, string source)
    {
        _skipped.Add(reason, source);
        if (_faults.Count < NamedFaults)
            _faults.Add(fault);
    }
}
