using System.Numerics;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Operations;

/// <summary>Python's operators on numbers, texts and lists.</summary>
internal static class Arithmetic
{
    private const int MostPowerBits = 14_000;

    /// <summary>left + right.</summary>
    public static Value Add(Value left, Value right, Budget budget)
    {
        switch (left, right)
        {
            case (TextValue a, TextValue b):
                return Markup.Join(a, b, budget);
            case (ListValue a, ListValue b):
                budget.List(a.Values.Count + (long)b.Values.Count);
                return new ListValue([.. a.Values, .. b.Values]);
            case (TupleValue a, TupleValue b):
                budget.List(a.Values.Count + (long)b.Values.Count);
                return new TupleValue([.. a.Values, .. b.Values]);
            default:
                return Whole(left, right, out BigInteger x, out BigInteger y) ? new IntValue(x + y)
                    : Real(left, right, out double p, out double q) ? new FloatValue(p + q) : throw Unsupported("+", left, right);
        }
    }

    /// <summary>left - right.</summary>
    public static Value Subtract(Value left, Value right) => Whole(left, right, out BigInteger x, out BigInteger y) ? new IntValue(x - y)
        : Real(left, right, out double p, out double q) ? new FloatValue(p - q) : throw Unsupported("-", left, right);

    /// <summary>left * right; a text or list times an int is repeated.</summary>
    public static Value Multiply(Value left, Value right, Budget budget)
    {
        if (Whole(left, right, out BigInteger x, out BigInteger y))
            return new IntValue(x * y);
        if (Real(left, right, out double p, out double q))
            return new FloatValue(p * q);
        (Value repeated, Value times) = left is TextValue or SequenceValue ? (left, right) : (right, left);
        if (repeated is not (TextValue or SequenceValue) || !Numbers.IsWhole(times, out BigInteger count))
            throw Unsupported("*", left, right);
        int copies = (int)BigInteger.Min(BigInteger.Max(count, 0), Budget.LongestText + 1);
        if (repeated is TextValue text)
        {
            budget.Characters((long)text.Text.Length * copies);
            return new TextValue(string.Concat(Enumerable.Repeat(text.Text, text.Text.Length == 0 ? 0 : copies)), text.IsMarkup);
        }

        IReadOnlyList<Value> items = ((SequenceValue)repeated).Values;
        budget.List((long)items.Count * copies);
        Value[] all = [.. Enumerable.Repeat(items, items.Count == 0 ? 0 : copies).SelectMany(part => part)];
        return repeated is ListValue ? new ListValue(all) : new TupleValue(all);
    }

    /// <summary>left / right, a float.</summary>
    public static Value Divide(Value left, Value right) => !Real(left, right, out double p, out double q) ? throw Unsupported("/", left, right)
        : q == 0 ? throw new TemplateException("division by zero") : new FloatValue(p / q);

    /// <summary>left // right, rounded down.</summary>
    public static Value FloorDivide(Value left, Value right)
    {
        if (!Real(left, right, out double p, out double q))
            throw Unsupported("//", left, right);
        if (q == 0)
            throw new TemplateException("integer division or modulo by zero");
        return Whole(left, right, out BigInteger x, out BigInteger y) ? new IntValue((x - Modulus(x, y)) / y) : new FloatValue(Math.Floor(p / q));
    }

    /// <summary>left % right with the sign of the right; a text on the left is a format.</summary>
    public static Value Modulo(Value left, Value right, Budget budget)
    {
        if (left is TextValue format)
            return PercentFormat.Apply(format, right, budget);
        if (!Real(left, right, out double p, out double q))
            throw Unsupported("%", left, right);
        if (q == 0)
            throw new TemplateException("integer division or modulo by zero");
        return Whole(left, right, out BigInteger x, out BigInteger y) ? new IntValue(Modulus(x, y))
            : new FloatValue(p % q is var rest && rest != 0 && (rest < 0) != (q < 0) ? rest + q : rest);
    }

    /// <summary>left ** right.</summary>
    public static Value Power(Value left, Value right)
    {
        if (Whole(left, right, out BigInteger x, out BigInteger y) && y.Sign >= 0)
            return BigInteger.Abs(x) <= 1 ? new IntValue(x.IsZero && !y.IsZero ? 0 : x.Sign < 0 && !y.IsEven ? -1 : 1)
                : y * x.GetBitLength() > 2 * MostPowerBits ? throw new TemplateException("an int gets more than 4300 digits") : new IntValue(BigInteger.Pow(x, (int)y));
        if (!Real(left, right, out double p, out double q))
            throw Unsupported("** or pow()", left, right);
        return p == 0 && q < 0 ? throw new TemplateException("0.0 cannot be raised to a negative power")
            : p < 0 && q != Math.Floor(q) ? throw new TemplateException("a complex number comes of a power") : new FloatValue(Math.Pow(p, q));
    }

    /// <summary>-value or +value.</summary>
    public static Value Signed(Value value, bool minus) => Numbers.IsWhole(value, out BigInteger whole) ? new IntValue(minus ? -whole : whole)
        : value is FloatValue real ? new FloatValue(minus ? -real.Number : real.Number)
        : throw (value is UndefinedValue undefined ? undefined.Used() : new($"bad operand type for unary {(minus ? '-' : '+')}: '{value.Kind}'"));

    /// <summary>The error of an operator that has no meaning for its operands.</summary>
    public static TemplateException Unsupported(string operation, Value left, Value right) => left is UndefinedValue first ? first.Used()
        : right is UndefinedValue second ? second.Used() : new($"unsupported operand types for {operation}: '{left.Kind}' and '{right.Kind}'");

    private static BigInteger Modulus(BigInteger x, BigInteger y) => BigInteger.Remainder(x, y) is var rest && !rest.IsZero && rest.Sign != y.Sign ? rest + y : rest;

    private static bool Whole(Value left, Value right, out BigInteger x, out BigInteger y) => Numbers.IsWhole(left, out x) & Numbers.IsWhole(right, out y);

    private static bool Real(Value left, Value right, out double x, out double y) => Numbers.IsNumber(left, out x) & Numbers.IsNumber(right, out y);
}
