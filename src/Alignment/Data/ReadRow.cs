namespace Alignment.Data;

/// <summary>What a row became.</summary>
/// <param name="Pair">null where it is left out.</param>
/// <param name="LeftOut">Why a good row is left out.</param>
internal sealed record ReadRow(PreferencePair? Pair, string? LeftOut = null)
{
    /// <summary>What one should know of a row that is kept.</summary>
    public string? Noted { get; init; }

    /// <summary>A good row that gives no pair.</summary>
    public static ReadRow Without(string reason) => new(null, reason);
}

/// <summary>Good pairs to leave out.</summary>
[Flags]
internal enum PairFilter
{
    /// <summary>Every pair stays.</summary>
    None = 0,

    /// <summary>SafeRLHF: without pairs of two safe responses.</summary>
    DoubleSafe = 1,

    /// <summary>SafeRLHF: without pairs of two unsafe responses.</summary>
    DoubleUnsafe = 2,

    /// <summary>Where responses are rated: without pairs of two equal ratings.</summary>
    EqualRatings = 4,

    /// <summary>Where responses are rated: without pairs whose rejected response has the higher rating.</summary>
    ContraryRatings = 8,
}
