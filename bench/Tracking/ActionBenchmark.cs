using System.Text.Json;
using System.Text.Json.Serialization;
using Alignment.Evaluation;

namespace Alignment.Bench.Tracking;

/// <summary>Results in the form that github-action-benchmark reads as customSmallerIsBetter.</summary>
internal static class ActionBenchmark
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    private sealed record Entry(
        [property: JsonPropertyName("name")] string Name,
        [property: JsonPropertyName("unit")] string Unit,
        [property: JsonPropertyName("value")] double Value,
        [property: JsonPropertyName("range")] string? Range,
        [property: JsonPropertyName("extra")] string? Extra);

    /// <summary>Time, allocated bytes and peak memory of each benchmark.</summary>
    public static string Json(IReadOnlyList<BenchmarkResult> results) => JsonSerializer.Serialize(results.SelectMany(Entries), s_indented) + "\n";

    private static IEnumerable<Entry> Entries(BenchmarkResult result)
    {
        double[] ascending = [.. result.Nanoseconds.Order()];
        (double low, double high) = (Percentile.Of(ascending, 25), Percentile.Of(ascending, 75));
        yield return new(result.Id, "ns", Percentile.Of(ascending, 50), FormattableString.Invariant($"± {(high - low) / 2:F0}"), $"{ascending.Length} iterations");
        if (result.AllocatedBytes is { } allocated)
            yield return new($"{result.Id} allocated", "bytes", allocated, null, null);
        if (result.PeakBytes is { } peak)
            yield return new($"{result.Id} peak memory", "bytes", peak, null, null);
    }
}
