using System.Globalization;

namespace Alignment.Files;

/// <summary>A number as it was written and as it is used.</summary>
internal sealed record Spelled(double Value, string Spelling);

/// <summary>What a number may be.</summary>
internal sealed record NumberRule(double Low, double High, bool LowIncluded, bool Whole = false)
{
    public static NumberRule Positive { get; } = new(0, double.PositiveInfinity, LowIncluded: false);

    public static NumberRule NotNegative { get; } = new(0, double.PositiveInfinity, LowIncluded: true);

    /// <summary>Any number that is finite.</summary>
    public static NumberRule Finite { get; } = new(double.MinValue, double.PositiveInfinity, LowIncluded: true);

    /// <summary>0 &lt; x ≤ 1.</summary>
    public static NumberRule Share { get; } = new(0, 1, LowIncluded: false);

    /// <summary>0 ≤ x ≤ 1.</summary>
    public static NumberRule Fraction { get; } = new(0, 1, LowIncluded: true);

    /// <summary>0 ≤ x &lt; 1.</summary>
    public static NumberRule BelowOne { get; } = new(0, Math.BitDecrement(1.0), LowIncluded: true);

    /// <summary>0 ≤ x &lt; ½.</summary>
    public static NumberRule BelowHalf { get; } = new(0, Math.BitDecrement(0.5), LowIncluded: true);

    /// <summary>0 &lt; x &lt; ½.</summary>
    public static NumberRule PositiveBelowHalf { get; } = BelowHalf with { LowIncluded = false };

    public static NumberRule AtLeast(int low) => new(low, int.MaxValue, LowIncluded: true, Whole: true);

    /// <summary>A value that passes, to go on with after a fault.</summary>
    public double Any => Low < 0 ? 1 : LowIncluded ? Low : Math.Min(1, High) / 2;

    public string Wanted => Low < 0 ? "a number" : (Whole ? "a whole number " : "a number ")
        + string.Create(CultureInfo.InvariantCulture, $"{(LowIncluded ? ">=" : ">")} {Low}{Upper}");

    private string Upper => High < 1 ? string.Create(CultureInfo.InvariantCulture, $" and < {Math.BitIncrement(High)}")
        : High < int.MaxValue ? string.Create(CultureInfo.InvariantCulture, $" and <= {High}") : "";

    public bool Allows(double value) => double.IsFinite(value) && (LowIncluded ? value >= Low : value > Low) && value <= High
        && (!Whole || (value == Math.Floor(value) && value <= int.MaxValue));
}
