using System.Globalization;
using System.Numerics;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Operations;

/// <summary>Numbers from texts, and rounding, as Python does both.</summary>
internal static class TextNumbers
{
    /// <summary>int(text, base); null where the text is no int.</summary>
    public static BigInteger? Whole(string text, int radix)
    {
        text = CodePoints.IsSpace(text.FirstOrDefault()) || CodePoints.IsSpace(text.LastOrDefault()) ? TextParts.Strip(text, null) : text;
        int sign = text.StartsWith('-') ? -1 : 1;
        text = text.Length > 0 && text[0] is '-' or '+' ? text[1..] : text;
        int marked = text.Length > 2 && text[0] == '0' ? char.ToLowerInvariant(text[1]) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 0 } : 0;
        if (marked != 0 && (radix == 0 || radix == marked))
            (text, radix) = (text[2..].StartsWith('_') ? text[3..] : text[2..], marked);
        if (text.Length is 0 or > 4300 || text.StartsWith('_') || text.EndsWith('_') || text.Contains("__", StringComparison.Ordinal))
            return null;
        radix = radix == 0 ? 10 : radix;
        BigInteger number = BigInteger.Zero;
        foreach (char letter in text)
        {
            if (letter == '_')
                continue;
            int digit = char.IsDigit(letter) ? (int)char.GetNumericValue(letter) : char.IsAsciiLetter(letter) ? char.ToLowerInvariant(letter) - 'a' + 10 : 99;
            if (digit >= radix)
                return null;
            number = (number * radix) + digit;
        }

        return sign * number;
    }

    /// <summary>float(text); null where the text is no number.</summary>
    public static double? Real(string text)
    {
        text = TextParts.Strip(text, null).ToLowerInvariant();
        string bare = text.TrimStart('+', '-');
        if (bare is "inf" or "infinity" or "nan" && text.Length - bare.Length <= 1)
            return bare == "nan" ? double.NaN : text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
        if (text.StartsWith('_') || text.EndsWith('_') || text.Contains("__", StringComparison.Ordinal))
            return null;
        return double.TryParse(text.Replace("_", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
            CultureInfo.InvariantCulture, out double number) ? number : null;
    }

    /// <summary>A float rounded to so many decimals, ties of its exact value to the even neighbour.</summary>
    public static double Rounded(double number, int decimals)
    {
        if (!double.IsFinite(number) || decimals > 323)
            return number;
        if (decimals < -308)
            return 0;
        (BigInteger numerator, BigInteger denominator) = Fraction(number);
        if (decimals >= 0)
            numerator *= BigInteger.Pow(10, decimals);
        else
            denominator *= BigInteger.Pow(10, -decimals);
        BigInteger rounded = Even(numerator, denominator);
        double result = double.Parse($"{BigInteger.Abs(rounded)}e{-decimals}", CultureInfo.InvariantCulture);
        return double.IsNegative(number) ? -result : result;
    }

    /// <summary>An int rounded to so many digits before the point.</summary>
    public static BigInteger Rounded(BigInteger number, int decimals) => decimals >= 0 ? number : decimals < -5000 ? 0
        : BigInteger.Pow(10, -decimals) is var unit ? Even(number, unit) * unit : number;

    private static BigInteger Even(BigInteger numerator, BigInteger denominator)
    {
        var quotient = BigInteger.DivRem(BigInteger.Abs(numerator), denominator, out BigInteger rest);
        int order = (rest * 2).CompareTo(denominator);
        return (order > 0 || (order == 0 && !quotient.IsEven) ? quotient + 1 : quotient) * numerator.Sign;
    }

    private static (BigInteger Numerator, BigInteger Denominator) Fraction(double number)
    {
        long bits = BitConverter.DoubleToInt64Bits(number);
        int exponent = (int)((bits >> 52) & 0x7ff);
        BigInteger mantissa = exponent == 0 ? bits & 0xfffffffffffff : (bits & 0xfffffffffffff) | 0x10000000000000;
        int shift = Math.Max(exponent, 1) - 1075;
        return shift >= 0 ? (mantissa << shift, BigInteger.One) : (mantissa, BigInteger.One << -shift);
    }
}
