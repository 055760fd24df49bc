using System.Text.Json;

namespace Alignment.Bench.Tracking;

/// <summary>BenchmarkDotNet's full JSON.</summary>
internal static class ResultFile
{
    /// <summary>How the names of its files end.</summary>
    public const string Pattern = "*-report-full.json";

    /// <summary>The results of the newest run in an artifacts folder; empty where none finished.</summary>
    /// <exception cref="FileNotFoundException">No run has written there.</exception>
    public static IReadOnlyList<BenchmarkResult> Newest(string artifacts)
    {
        string results = Path.Combine(artifacts, "results");
        string? newest = Directory.Exists(results) ? Directory.EnumerateFiles(results, Pattern).MaxBy(File.GetLastWriteTimeUtc) : null;
        return newest is null ? throw new FileNotFoundException($"{results} holds no {Pattern}: the benchmarks wrote no result") : Parse(File.ReadAllText(newest));
    }

    /// <summary>The benchmarks of a file that have measurements.</summary>
    public static IReadOnlyList<BenchmarkResult> Parse(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return [.. document.RootElement.GetProperty("Benchmarks").EnumerateArray().Select(Result).Where(result => result.Nanoseconds.Count > 0)];
    }

    private static BenchmarkResult Result(JsonElement benchmark) => new()
    {
        Id = benchmark.GetProperty("FullName").GetString()!,
        Nanoseconds = [.. Array(benchmark, "Measurements").Where(IsResult)
            .Select(one => one.GetProperty("Nanoseconds").GetDouble() / one.GetProperty("Operations").GetInt64())],
        AllocatedBytes = Metric(benchmark, "Allocated Memory"),
        PeakBytes = Metric(benchmark, "PeakMemory"),
    };

    private static bool IsResult(JsonElement measurement) =>
        measurement.GetProperty("IterationMode").GetString() == "Workload" && measurement.GetProperty("IterationStage").GetString() == "Result";

    private static double? Metric(JsonElement benchmark, string id)
    {
        foreach (JsonElement metric in Array(benchmark, "Metrics"))
            if (metric.GetProperty("Descriptor").GetProperty("Id").GetString() == id && metric.GetProperty("Value").ValueKind == JsonValueKind.Number)
                return metric.GetProperty("Value").GetDouble();
        return null;
    }

    private static IEnumerable<JsonElement> Array(JsonElement benchmark, string name) =>
        benchmark.TryGetProperty(name, out JsonElement array) && array.ValueKind == JsonValueKind.Array ? array.EnumerateArray() : [];
}
