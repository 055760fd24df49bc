namespace Alignment.Bench.Tracking;

/// <summary>What one run says of one benchmark.</summary>
internal sealed record BenchmarkResult
{
    /// <summary>Namespace, type, method and parameters; never changes.</summary>
    public required string Id { get; init; }

    /// <summary>Time of one operation, one number for each iteration.</summary>
    public required IReadOnlyList<double> Nanoseconds { get; init; }

    /// <summary>Managed bytes that an operation allocates; null where it was not measured.</summary>
    public double? AllocatedBytes { get; init; }

    /// <summary>Most resident bytes during the iterations above those before them; null where it was not measured.</summary>
    public double? PeakBytes { get; init; }
}
