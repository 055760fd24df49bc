using System.Globalization;
using Alignment.Evaluation;

namespace Alignment.Reports.Text;

/// <summary>Numbers as text with fixed digits, the same under every culture.</summary>
internal static class Digits
{
    /// <summary>Decimals of every number in a CSV file.</summary>
    public const int Csv = 6;

    /// <summary><paramref name="value"/> with <paramref name="decimals"/> decimals; what rounds to zero has no sign.</summary>
    public static string Fixed(double value, int decimals)
    {
        string text = value.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return text.StartsWith('-') && !text.AsSpan(1).ContainsAnyExcept('0', '.') ? text[1..] : text;
    }

    /// <summary>As <see cref="Fixed"/> with the sign always there, for changes; zero has none.</summary>
    public static string WithSign(double value, int decimals)
    {
        string text = Fixed(value, decimals);
        return text.StartsWith('-') || !text.AsSpan().ContainsAnyExcept('0', '.') ? text : "+" + text;
    }
}

/// <summary>An <see cref="Estimate"/> as people read it: value [low, high].</summary>
internal static class Estimates
{
    private const string Unknown = "–";

    /// <summary>Such as 1.234 [1.100, 1.371].</summary>
    public static string Text(Estimate estimate, int decimals) => double.IsNaN(estimate.Value) ? Unknown
        : $"{Digits.Fixed(estimate.Value, decimals)} [{Digits.Fixed(estimate.Low, decimals)}, {Digits.Fixed(estimate.High, decimals)}]";

    /// <summary>Such as +0.134 [−0.010, +0.271], for a change.</summary>
    public static string Change(Estimate estimate, int decimals) => double.IsNaN(estimate.Value) ? Unknown
        : $"{Digits.WithSign(estimate.Value, decimals)} [{Digits.WithSign(estimate.Low, decimals)}, {Digits.WithSign(estimate.High, decimals)}]";
}

/// <summary>Lists as English writes them.</summary>
internal static class Words
{
    public static string And(IEnumerable<string> parts) => Joined([.. parts], "and");

    public static string Or(IEnumerable<string> parts) => Joined([.. parts], "or");

    public static string Runs(int count) => count == 1 ? "1 run" : $"{Digits.Fixed(count, 0)} runs";

    private static string Joined(string[] all, string word) => all.Length < 2 ? string.Concat(all) : $"{string.Join(", ", all[..^1])} {word} {all[^1]}";
}
