namespace Alignment.Data;

/// <summary>A part of a whole.</summary>
/// <param name="Count">Of the part.</param>
/// <param name="Of">Of the whole.</param>
internal readonly record struct Share(int Count, int Of)
{
    /// <summary>0 … 1; 0 of nothing.</summary>
    public double Value => Of == 0 ? 0 : (double)Count / Of;

    /// <summary>"9 of 2312 (0.4 %)".</summary>
    public override string ToString() => FormattableString.Invariant($"{Count} of {Of} ({100 * Value:0.0} %)");
}
