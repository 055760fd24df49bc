using System.Globalization;
using System.Numerics;

namespace Alignment.Tokenization.Templates.Values;

/// <summary>An int of any size, up to the 4300 digits that Python prints.</summary>
internal sealed class IntValue : Value
{
    private const int MostBits = 14_000;

    /// <summary>An int.</summary>
    /// <exception cref="TemplateException">It has too many digits.</exception>
    public IntValue(BigInteger number) => Number = number.GetBitLength() <= MostBits ? number : throw new TemplateException("an int gets more than 4300 digits");

    /// <summary>The number.</summary>
    public BigInteger Number { get; }

    /// <inheritdoc/>
    public override string Kind => "int";

    /// <inheritdoc/>
    public override bool IsTrue => !Number.IsZero;

    /// <inheritdoc/>
    public override void WriteRepr(BoundedText text) => text.Add(Number.ToString(CultureInfo.InvariantCulture));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Value other && Numbers.Equal(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => Numbers.Hash(this);
}

/// <summary>A float: 64 bits.</summary>
internal sealed class FloatValue(double number) : Value
{
    /// <summary>The number.</summary>
    public double Number { get; } = number;

    /// <inheritdoc/>
    public override string Kind => "float";

    /// <inheritdoc/>
    public override bool IsTrue => Number != 0;

    /// <inheritdoc/>
    public override void WriteRepr(BoundedText text) => text.Add(Numbers.Repr(Number));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Value other && Numbers.Equal(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => Numbers.Hash(this);
}

/// <summary>Bools, ints and floats as one kind of number.</summary>
internal static class Numbers
{
    /// <summary>The int, or what a bool counts as.</summary>
    public static bool IsWhole(Value value, out BigInteger number)
    {
        number = value is IntValue whole ? whole.Number : value.IsTrue ? BigInteger.One : BigInteger.Zero;
        return value is IntValue or BoolValue;
    }

    /// <summary>Any number as a float.</summary>
    public static bool IsNumber(Value value, out double number)
    {
        number = value is FloatValue real ? real.Number : IsWhole(value, out BigInteger whole) ? (double)whole : double.NaN;
        return value is FloatValue or IntValue or BoolValue;
    }

    /// <summary>Less, equal or more; null where one is NaN or none a number.</summary>
    public static int? Compare(Value left, Value right)
    {
        if (IsWhole(left, out BigInteger a) && IsWhole(right, out BigInteger b))
            return a.CompareTo(b);
        if (!IsNumber(left, out double x) || !IsNumber(right, out double y) || double.IsNaN(x) || double.IsNaN(y))
            return null;
        (x, y) = (left is FloatValue ? x : BelowInfinity(x), right is FloatValue ? y : BelowInfinity(y));
        if (double.IsFinite(x) && double.IsFinite(y) && x == y) // ints beyond 2^53 are compared as ints
            return Whole(left).CompareTo(Whole(right)) is var order && x == Math.Floor(x) ? order : 0;
        return x.CompareTo(y);
    }

    /// <summary>Equal numbers, whatever their types.</summary>
    public static bool Equal(Value left, Value right) => Compare(left, right) == 0;

    /// <summary>The same for equal numbers.</summary>
    public static int Hash(Value value) => value is FloatValue real && (real.Number != Math.Floor(real.Number) || double.IsInfinity(real.Number))
        ? real.Number.GetHashCode() : Whole(value).GetHashCode();

    /// <summary>Python's repr() of a float: the shortest digits that give it back, an exponent below 1e-4 and from 1e16 on.</summary>
    public static string Repr(double number)
    {
        if (double.IsNaN(number) || double.IsInfinity(number))
            return double.IsNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
        string[] parts = number.ToString("E16", CultureInfo.InvariantCulture).Split('E');
        int exponent = int.Parse(number.ToString("R", CultureInfo.InvariantCulture) is var shortest && shortest.Contains('E', StringComparison.Ordinal)
            ? shortest.Split('E')[1] : parts[1], CultureInfo.InvariantCulture);
        string digits = shortest.Split('E')[0].Replace(".", "", StringComparison.Ordinal).TrimStart('-').TrimStart('0').TrimEnd('0');
        string sign = double.IsNegative(number) ? "-" : "";
        if (number == 0)
            return sign + "0.0";
        if (exponent is < -4 or >= 16)
            return $"{sign}{digits[0]}{(digits.Length > 1 ? "." + digits[1..] : "")}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        if (exponent < 0)
            return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        digits = digits.PadRight(exponent + 2, '0');
        return $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    // an int is, however large
    private static double BelowInfinity(double number) => Math.Clamp(number, double.MinValue, double.MaxValue);

    private static BigInteger Whole(Value value) => value is FloatValue real ? double.IsFinite(real.Number) ? new BigInteger(real.Number) : BigInteger.Zero
        : IsWhole(value, out BigInteger whole) ? whole : BigInteger.Zero;
}
