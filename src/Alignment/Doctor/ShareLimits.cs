using Alignment.Data;

namespace Alignment.Doctor;

/// <summary>How much of something is too much.</summary>
/// <param name="Warn">Largest share that is fine.</param>
/// <param name="Fail">Largest share that is no failure.</param>
internal readonly record struct ShareLimits(double Warn, double Fail)
{
    /// <summary>None is fine; above one in a hundred a sweep trains on something else than was meant.</summary>
    public static ShareLimits Rare { get; } = new(Warn: 0, Fail: 0.01);
}

/// <summary>Verdicts on shares.</summary>
internal static class ShareVerdicts
{
    /// <summary>Says that there is none or not too many, or how bad the share is and what to do; of nothing nothing is fine.</summary>
    public static Verdict Judged(this Share share, ShareLimits limits, string good, string bad, string advice) => share.Of == 0
        ? new(Grade.Fail, $"not judged, since there is nothing to judge: {good}", "see the verdicts on the rows")
        : share.Count == 0 || share.Value <= limits.Warn
        ? new(Grade.Ok, good, Advice: "")
        : new(share.Value <= limits.Fail ? Grade.Warn : Grade.Fail, bad, advice);
}
