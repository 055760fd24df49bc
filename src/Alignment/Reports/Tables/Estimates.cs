using Alignment.Evaluation;

namespace Alignment.Reports;

/// <summary>An <see cref="Estimate"/> as people read it: value [low, high].</summary>
public static class Estimates
{
    private const string Unknown = "–";

    /// <summary>Such as 1.234 [1.100, 1.371].</summary>
    public static string Text(Estimate estimate, int decimals) => double.IsNaN(estimate.Value) ? Unknown
        : $"{Digits.Fixed(estimate.Value, decimals)} [{Digits.Fixed(estimate.Low, decimals)}, {Digits.Fixed(estimate.High, decimals)}]";

    /// <summary>Such as +0.134 [−0.010, +0.271], for a change.</summary>
    public static string Change(Estimate estimate, int decimals) => double.IsNaN(estimate.Value) ? Unknown
        : $"{Digits.WithSign(estimate.Value, decimals)} [{Digits.WithSign(estimate.Low, decimals)}, {Digits.WithSign(estimate.High, decimals)}]";

    /// <summary>A share as per cent, such as 71.7 % [60.0, 83.3].</summary>
    public static string Percent(Estimate share) => double.IsNaN(share.Value) ? Unknown
        : $"{Digits.Fixed(100 * share.Value, 1)} % [{Digits.Fixed(100 * share.Low, 1)}, {Digits.Fixed(100 * share.High, 1)}]";
}
