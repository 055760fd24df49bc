namespace Alignment.Bench.Tracking;

/// <summary>One benchmark in two versions.</summary>
internal sealed record ComparedBenchmark
{
    /// <summary>As in <see cref="BenchmarkResult.Id"/>.</summary>
    public required string Id { get; init; }

    /// <summary>The judgement of its times.</summary>
    public required TimeVerdict Time { get; init; }

    /// <summary>A second measurement, which only suspects get; null for others.</summary>
    public ComparedBenchmark? Repeat { get; init; }

    /// <summary>Median time of both versions in nanoseconds.</summary>
    public required (double Before, double After) Nanoseconds { get; init; }

    /// <summary>Allocated bytes of both versions, the least of all rounds; null where they were not measured.</summary>
    public (double Before, double After)? Allocated { get; init; }

    /// <summary>Peak memory of both versions, the least of all rounds; null where it was not measured.</summary>
    public (double Before, double After)? Peak { get; init; }

    /// <summary>It allocated more in this measurement.</summary>
    public required bool AllocatedMore { get; init; }

    /// <summary>It held more memory in this measurement.</summary>
    public required bool HeldMore { get; init; }

    /// <summary>The entry of accepted.json that holds for it against this baseline; null where there is none.</summary>
    public AcceptedSlowdown? Accepted { get; init; }

    /// <summary>It was slower or needed more bytes in this measurement: to be measured once more before that is believed.</summary>
    public bool Suspect => Time.Change == TimeChange.Slower || AllocatedMore || HeldMore;

    /// <summary>It is slower, and slower again.</summary>
    public bool Slower => Time.Change == TimeChange.Slower && Repeat?.Time.Change == TimeChange.Slower;

    /// <summary>It allocates more, and more again.</summary>
    public bool AllocatesMore => AllocatedMore && Repeat is { AllocatedMore: true };

    /// <summary>It holds more memory, and more again.</summary>
    public bool HoldsMore => HeldMore && Repeat is { HeldMore: true };

    /// <summary>It is slower by no more than is accepted; one of the two measurements is enough to say so, as it takes both to call it slower.</summary>
    public bool SlowerAsAccepted => Slower && Accepted is { } accepted && Math.Min(Time.Ratio, Repeat!.Time.Ratio) <= accepted.Ratio;

    /// <summary>It is slower than is accepted, or needs more bytes: what stops a pipeline.</summary>
    public bool Regressed => (Slower && !SlowerAsAccepted) || AllocatesMore || HoldsMore;
}
