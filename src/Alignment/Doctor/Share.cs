namespace Alignment.Doctor;

/// <summary>A part of a whole.</summary>
/// <param name="Count">Of the part.</param>
/// <param name="Of">Of the whole.</param>
internal readonly record struct Share(int Count, int Of)
{
    /// <summary>0 … 1; 0 of nothing.</summary>
    public double Value => Of == 0 ? 0 : (double)Count / Of;

    /// <summary>Says that there is none or not too many, or how bad the share is and what to do.</summary>
    public Verdict Judged(ShareLimits limits, string good, string bad, string advice) => Count == 0 || Value <= limits.Warn
        ? new(Grade.Ok, good, Advice: "")
        : new(Value <= limits.Fail ? Grade.Warn : Grade.Fail, bad, advice);

    /// <summary>"9 of 2312 (0.4 %)".</summary>
    public override string ToString() => FormattableString.Invariant($"{Count} of {Of} ({100 * Value:0.0} %)");
}

/// <summary>How much of something is too much.</summary>
/// <param name="Warn">Largest share that is fine.</param>
/// <param name="Fail">Largest share that is no failure.</param>
internal readonly record struct ShareLimits(double Warn, double Fail)
{
    /// <summary>None is fine; above one in a hundred a sweep trains on something else than was meant.</summary>
    public static ShareLimits Rare { get; } = new(Warn: 0, Fail: 0.01);
}
