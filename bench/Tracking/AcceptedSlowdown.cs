using System.IO.Enumeration;
using Alignment.Files;

namespace Alignment.Bench.Tracking;

/// <summary>Benchmarks that are known to be slower than before a commit, and why that is right; an entry of accepted.json.</summary>
/// <param name="Benchmarks">A glob over ids.</param>
/// <param name="Since">The commit that made them slower: a baseline before it is judged with the entry, any other without.</param>
/// <param name="Ratio">The largest accepted time after over time before, > 1.</param>
/// <param name="Reason">In one sentence.</param>
internal sealed record AcceptedSlowdown(string Benchmarks, string Since, double Ratio, string Reason)
{
    /// <summary>The entry speaks of a benchmark.</summary>
    public bool Matches(string id) => FileSystemName.MatchesSimpleExpression(Benchmarks, id, ignoreCase: false);

    /// <summary>The entries of a file; none where there is no file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="ids">Of all benchmarks that a comparison may judge.</param>
    /// <exception cref="InvalidDataException">All faults at once, each with line and JSON path.</exception>
    public static IReadOnlyList<AcceptedSlowdown> Load(string path, IReadOnlyList<string> ids) => File.Exists(path) ? Parse(File.ReadAllText(path), path, ids) : [];

    /// <summary>The entries of a file's text.</summary>
    /// <exception cref="InvalidDataException">All faults at once, each with line and JSON path.</exception>
    public static IReadOnlyList<AcceptedSlowdown> Parse(string text, string path, IReadOnlyList<string> ids)
    {
        var faults = new DocumentFaults(Path.GetFileName(path));
        IReadOnlyList<AcceptedSlowdown> entries = [];
        if (faults.Read(text) is { } json)
        {
            entries = [.. json.Objects("slower").Select(entry => Entry(entry, ids))];
            json.Finish();
        }
        return faults.All.Count == 0 ? entries : throw new InvalidDataException(string.Join('\n', faults.All));
    }

    private static AcceptedSlowdown Entry(JsonObjectReader json, IReadOnlyList<string> ids)
    {
        var entry = new AcceptedSlowdown(json.Get("benchmarks", JsonKind.Filled), json.Get("since", JsonKind.Filled),
            json.Get("ratio", JsonKind.Number(new NumberRule(1, double.PositiveInfinity, LowIncluded: false))), json.Get("reason", JsonKind.Filled));
        json.Require(entry.Benchmarks.Length == 0 || ids.Any(entry.Matches),
            $"{json.Place}.benchmarks matches no benchmark, was \"{entry.Benchmarks}\": take the entry away, or write it as -p:Filter is written");
        json.Require(entry.Reason.Length == 0 || entry.Reason.Any(char.IsLetter), $"{json.Place}.reason must say why, was \"{entry.Reason}\"");
        json.Finish();
        return entry;
    }
}
