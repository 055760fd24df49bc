namespace Alignment.Tests.Regression;

/// <summary>How far a number may be from its reference.</summary>
internal sealed record Tolerance(double Relative, double Absolute)
{
    public double Of(double expected) => double.IsFinite(expected) ? Math.Abs(expected) * Relative + Absolute : 0;
}
