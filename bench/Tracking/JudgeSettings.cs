namespace Alignment.Bench.Tracking;

/// <summary>When a difference counts.</summary>
internal sealed record JudgeSettings
{
    /// <summary>A time must differ by more than this share, > 0.</summary>
    public double Threshold { get; init; } = 0.05;

    /// <summary>Level of the Mann-Whitney test, in (0, 1).</summary>
    public double Significance { get; init; } = 0.01;

    /// <summary>
    /// Allocated bytes may grow by this share, by <see cref="AllocatedSlack"/>, and by <see cref="AllocatedPerSecond"/> for as long as an operation takes: other threads of the
    /// runtime allocate, too.
    /// </summary>
    public double AllocatedShare { get; init; } = 0.02;

    /// <summary>See <see cref="AllocatedShare"/>.</summary>
    public double AllocatedSlack { get; init; } = 1024;

    /// <summary>Bytes; see <see cref="AllocatedShare"/>. The same code was seen to differ from itself by 24,000 at operations of 40 to 160 ms, of which few are counted at once.</summary>
    public double AllocatedPerSecond { get; init; } = 64 << 10;

    /// <summary>Peak memory may grow by this share, and by <see cref="PeakSlack"/>: the heaps of runtime and allocator move.</summary>
    public double PeakShare { get; init; } = 0.10;

    /// <summary>See <see cref="PeakShare"/>.</summary>
    public double PeakSlack { get; init; } = 8 << 20;
}
