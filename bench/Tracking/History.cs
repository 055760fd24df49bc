using System.Text;
using System.Text.Json;
using Alignment.Evaluation;

namespace Alignment.Bench.Tracking;

/// <summary>history.jsonl: what every benchmark took at every revision, one line each, appended by every run.</summary>
internal static class History
{
    /// <summary>The lines of a run.</summary>
    public static IReadOnlyList<HistoryEntry> Entries(IReadOnlyList<BenchmarkResult> results, string revision, string machine, DateTimeOffset time) =>
        [.. results.Select(result =>
        {
            double[] ascending = [.. result.Nanoseconds.Order()];
            return new HistoryEntry
            {
                Benchmark = result.Id,
                Revision = revision,
                Time = time,
                Machine = machine,
                Median = Percentile.Of(ascending, 50),
                Low = Percentile.Of(ascending, 25),
                High = Percentile.Of(ascending, 75),
                Iterations = ascending.Length,
                AllocatedBytes = result.AllocatedBytes,
                PeakBytes = result.PeakBytes,
            };
        })];

    /// <summary>Appends lines; makes the file where there is none.</summary>
    public static void Append(string path, IReadOnlyList<HistoryEntry> entries)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        File.AppendAllText(path, string.Concat(entries.Select(entry => JsonSerializer.Serialize(entry) + "\n")), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
    }

    /// <summary>All lines, in order; empty where there is no file.</summary>
    /// <exception cref="InvalidDataException">A line is damaged; the message names it.</exception>
    public static IReadOnlyList<HistoryEntry> Read(string path) => !File.Exists(path) ? [] : [.. File.ReadLines(path).Index().Select(line =>
    {
        try
        {
            return JsonSerializer.Deserialize<HistoryEntry>(line.Item) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}({line.Index + 1}): not a line of the benchmark history: {e.Message}", e);
        }
    })];
}
