using System.Globalization;

namespace Alignment.Reports;

/// <summary>Numbers as text with fixed digits, the same under every culture.</summary>
public static class Digits
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
