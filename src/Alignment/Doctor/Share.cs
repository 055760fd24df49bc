namespace Alignment.Doctor;

/// <summary>A part of a whole, and how much of it is too much.</summary>
/// <param name="Count">Of the part.</param>
/// <param name="Of">Of the whole.</param>
internal readonly record struct Share(int Count, int Of)
{
    /// <summary>0 … 1; 0 of nothing.</summary>
    public double Value => Of == 0 ? 0 : (double)Count / Of;

    /// <summary>Fine where there is none, or up to <paramref name="warn"/>; a failure above <paramref name="fail"/>.</summary>
    public Grade Grade(double warn, double fail) => Count == 0 || Value <= warn ? Doctor.Grade.Ok : Value <= fail ? Doctor.Grade.Warn : Doctor.Grade.Fail;

    /// <summary>"9 of 2312 (0.4 %)".</summary>
    public override string ToString() => FormattableString.Invariant($"{Count} of {Of} ({100 * Value:0.0} %)");
}
