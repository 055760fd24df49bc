namespace Alignment.Bench.Tracking;

/// <summary>One benchmark in two versions.</summary>
internal sealed record ComparedBenchmark
{
    /// <summary>As in <see cref="BenchmarkResult.Id"/>.</summary>
    public required string Id { get; init; }

    /// <summary>The judgement of its times.</summary>
    public required TimeVerdict Time { get; init; }

    /// <summary>The judgement of a second measurement, which only slower benchmarks get; null for others.</summary>
    public TimeVerdict? Repeat { get; init; }

    /// <summary>Median time of both versions in nanoseconds.</summary>
    public required (double Before, double After) Nanoseconds { get; init; }

    /// <summary>Allocated bytes of both versions, the least of all rounds; null where they were not measured.</summary>
    public (double Before, double After)? Allocated { get; init; }

    /// <summary>Peak memory of both versions, the least of all rounds; null where it was not measured.</summary>
    public (double Before, double After)? Peak { get; init; }

    /// <summary>It allocates more.</summary>
    public required bool AllocatesMore { get; init; }

    /// <summary>It holds more memory.</summary>
    public required bool HoldsMore { get; init; }

    /// <summary>The entry of accepted.json that holds for it against this baseline; null where there is none.</summary>
    public AcceptedSlowdown? Accepted { get; init; }

    /// <summary>It is slower, and slower again.</summary>
    public bool Slower => Time.Change == TimeChange.Slower && Repeat?.Change == TimeChange.Slower;

    /// <summary>It is slower by no more than is accepted; one of the two measurements is enough to say so, as it takes both to call it slower.</summary>
    public bool SlowerAsAccepted => Slower && Accepted is { } accepted && Math.Min(Time.Ratio, Repeat!.Value.Ratio) <= accepted.Ratio;

    /// <summary>It is slower than is accepted, or needs more bytes: what stops a pipeline.</summary>
    public bool Regressed => (Slower && !SlowerAsAccepted) || AllocatesMore || HoldsMore;
}
