using System.Globalization;
using System.Numerics;
using System.Text;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Operations;

/// <summary>How one value is written into a format: Python's mini-language, which % and str.format share.</summary>
internal sealed record FormatSpec
{
    /// <summary>What the field is filled up with.</summary>
    public string Fill { get; init; } = " ";

    /// <summary>&lt;, &gt;, ^ or =; '\0': texts to the left, numbers to the right.</summary>
    public char Align { get; init; }

    /// <summary>+, - or a space: what stands before numbers that are not negative.</summary>
    public char Sign { get; init; } = '-';

    /// <summary>0x and its like before digits of other bases.</summary>
    public bool Alternate { get; init; }

    /// <summary>Least characters.</summary>
    public int Width { get; init; }

    /// <summary>What stands between thousands; "" for nothing.</summary>
    public string Thousands { get; init; } = "";

    /// <summary>Digits behind the point, or most characters of a text; null: as many as there are.</summary>
    public int? Precision { get; init; }

    /// <summary>d, f, e, g, x, s …; '\0': what suits the value.</summary>
    public char Type { get; init; }

    /// <summary>The value in its field.</summary>
    /// <exception cref="TemplateException">The value is not of the wanted type.</exception>
    public string Of(Value value, Budget budget)
    {
        if (Width > Budget.LongestText || Precision > 1000)
            throw new TemplateException("a format's width or precision is too large");
        if (value is TextValue || (Type == '\0' && value is not (IntValue or FloatValue)))
        {
            string text = Type is not ('s' or '\0') ? throw new TemplateException($"a number is wanted for format '{Type}', not {value.Kind}") : value.Str(budget);
            return Filled(Precision is int most ? CodePoints.Slice(text, 0, most) : text, "", Align == '\0' ? '<' : Align);
        }

        if (Type == 's')
            throw new TemplateException($"a str is wanted for format 's', not {value.Kind}");
        if (!Numbers.IsNumber(value, out double real))
            throw value is UndefinedValue undefined ? undefined.Used() : new TemplateException($"a number is wanted for format '{Type}', not {value.Kind}");
        bool whole = Numbers.IsWhole(value, out BigInteger number);
        string digits = Type is 'd' or 'x' or 'X' or 'o' or 'b' or 'c' or 'n' || (Type == '\0' && whole)
            ? Whole(whole ? number : throw new TemplateException($"an int is wanted for format '{Type}', not float")) : Real(double.Abs(real));
        bool negative = whole ? number.Sign < 0 : double.IsNegative(real) && !double.IsNaN(real);
        return Filled(digits, negative ? "-" : Sign == '-' ? "" : Sign.ToString(), Align);
    }

    private string Filled(string text, string sign, char align)
    {
        int missing = Math.Max(0, Width - CodePoints.Count(text) - sign.Length);
        int left = align switch { '<' => 0, '^' => missing / 2, _ => missing };
        string before = string.Concat(Enumerable.Repeat(Fill, left)), after = string.Concat(Enumerable.Repeat(Fill, missing - left));
        return align == '=' ? sign + before + text : before + sign + text + after;
    }

    private string Whole(BigInteger number)
    {
        number = BigInteger.Abs(number);
        return Type switch
        {
            'x' => (Alternate ? "0x" : "") + Digits(number, 16),
            'X' => (Alternate ? "0X" : "") + Digits(number, 16).ToUpperInvariant(),
            'o' => (Alternate ? "0o" : "") + Digits(number, 8),
            'b' => (Alternate ? "0b" : "") + Digits(number, 2),
            'c' => number < 0x110000 && Rune.IsValid((int)number) ? char.ConvertFromUtf32((int)number) : throw new TemplateException("%c arg not in range(0x110000)"),
            _ => Grouped(number.ToString(CultureInfo.InvariantCulture)),
        };
    }

    private string Real(double number)
    {
        string written = char.ToLowerInvariant(Type) switch
        {
            _ when !double.IsFinite(number) => double.IsNaN(number) ? "nan" : "inf",
            'f' => number.ToString("F" + (Precision ?? 6), CultureInfo.InvariantCulture),
            '%' => (number * 100).ToString("F" + (Precision ?? 6), CultureInfo.InvariantCulture) + "%",
            'e' => Exponent(number, Precision ?? 6),
            'g' => General(number, Math.Max(1, Precision ?? 6), Math.Max(1, Precision ?? 6)),
            _ => Precision is int digits ? General(number, Math.Max(1, digits), Math.Max(1, digits) - 1) is var general
                && general.AsSpan().IndexOfAny(".e") < 0 ? general + ".0" : general : Numbers.Repr(number),
        };
        return Grouped(char.IsUpper(Type) ? written.ToUpperInvariant() : written);
    }

    // an exponent from a power of ten on
    private static string General(double number, int digits, int power)
    {
        int exponent = number == 0 ? 0 : int.Parse(number.ToString("E" + (digits - 1), CultureInfo.InvariantCulture).Split('E')[1], CultureInfo.InvariantCulture);
        if (exponent < -4 || exponent >= power)
        {
            string[] parts = Exponent(number, digits - 1).Split('e');
            return (parts[0].Contains('.', StringComparison.Ordinal) ? parts[0].TrimEnd('0').TrimEnd('.') : parts[0]) + "e" + parts[1];
        }

        string written = number.ToString("F" + (digits - 1 - exponent), CultureInfo.InvariantCulture);
        return written.Contains('.', StringComparison.Ordinal) ? written.TrimEnd('0').TrimEnd('.') : written;
    }

    private static string Exponent(double number, int digits) =>
        number.ToString("0." + new string('0', digits) + "e+00", CultureInfo.InvariantCulture);

    private string Grouped(string digits)
    {
        if (Thousands.Length == 0)
            return digits;
        int point = digits.AsSpan().IndexOfAny(".e%") is var at && at < 0 ? digits.Length : at;
        for (int comma = point - 3; comma > 0; comma -= 3)
            digits = digits.Insert(comma, Thousands);
        return digits;
    }

    private static string Digits(BigInteger number, int radix)
    {
        string digits = number.IsZero ? "0" : "";
        for (; !number.IsZero; number /= radix)
            digits = "0123456789abcdef"[(int)(number % radix)] + digits;
        return digits;
    }
}
