using System.Text.Json.Serialization;

namespace Alignment.Bench.Tracking;

/// <summary>One benchmark at one revision on one machine; a line of history.jsonl.</summary>
internal sealed record HistoryEntry
{
    /// <summary>As in <see cref="BenchmarkResult.Id"/>.</summary>
    [JsonPropertyName("benchmark")] public required string Benchmark { get; init; }

    /// <summary>Commit, with "-dirty" where the tree had changes.</summary>
    [JsonPropertyName("revision")] public required string Revision { get; init; }

    /// <summary>When it was measured.</summary>
    [JsonPropertyName("time")] public required DateTimeOffset Time { get; init; }

    /// <summary>What may be compared: processor, threads, system and runtime.</summary>
    [JsonPropertyName("machine")] public required string Machine { get; init; }

    /// <summary>Median time of an operation in nanoseconds.</summary>
    [JsonPropertyName("median_ns")] public required double Median { get; init; }

    /// <summary>First quartile.</summary>
    [JsonPropertyName("low_ns")] public required double Low { get; init; }

    /// <summary>Third quartile.</summary>
    [JsonPropertyName("high_ns")] public required double High { get; init; }

    /// <summary>Iterations.</summary>
    [JsonPropertyName("iterations")] public required int Iterations { get; init; }

    /// <summary>As in <see cref="BenchmarkResult.AllocatedBytes"/>.</summary>
    [JsonPropertyName("allocated_bytes")] public double? AllocatedBytes { get; init; }

    /// <summary>As in <see cref="BenchmarkResult.PeakBytes"/>.</summary>
    [JsonPropertyName("peak_bytes")] public double? PeakBytes { get; init; }
}
