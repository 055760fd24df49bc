using System.Numerics;
using Alignment.Tokenization.Templates.Operations;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Builtins;

/// <summary>Filters that make numbers.</summary>
internal static class NumberFilters
{
    /// <summary>By name.</summary>
    public static readonly Dictionary<string, Filter> All = new()
    {
        ["int"] = Int,
        ["float"] = Float,
        ["abs"] = (value, _, _) => Numbers.IsNumber(value, out double number) ? Arithmetic.Signed(value, minus: double.IsNegative(number) && !double.IsNaN(number)) : throw Bad("abs", value),
        ["round"] = Round,
        ["sum"] = Sum,
        ["length"] = Length,
        ["count"] = Length,
    };

    private static TemplateException Bad(string filter, Value value) => value is UndefinedValue undefined ? undefined.Used() : new($"{filter} needs a number, not {value.Kind}");

    private static IntValue Length(Value value, Arguments arguments, Budget budget) =>
        value.Length is int length ? new(length) : throw new TemplateException($"object of type '{value.Kind}' has no len()");

    private static Value Int(Value value, Arguments arguments, Budget budget)
    {
        Value?[] bound = arguments.Bind("int", 0, "default", "base");
        if (value is UndefinedValue undefined)
            throw undefined.Used();
        int radix = TextMethods.Count(bound[1], 10);
        BigInteger? whole = value is TextValue text ? TextNumbers.Whole(text.Text, radix) ?? Truncated(TextNumbers.Real(text.Text))
            : Numbers.IsWhole(value, out BigInteger number) ? number : value is FloatValue real ? Truncated(real.Number) : null;
        return whole is { } found ? new IntValue(found) : bound[0] ?? new IntValue(0);
    }

    private static BigInteger? Truncated(double? number) => number is double real && double.IsFinite(real) ? new BigInteger(Math.Truncate(real)) : null;

    private static Value Float(Value value, Arguments arguments, Budget budget)
    {
        Value?[] bound = arguments.Bind("float", 0, "default");
        if (value is UndefinedValue undefined)
            throw undefined.Used();
        double? real = value is TextValue text ? TextNumbers.Real(text.Text) : Numbers.IsNumber(value, out double number) ? number : null;
        return real is { } found ? new FloatValue(found) : bound[0] ?? new FloatValue(0);
    }

    private static Value Round(Value value, Arguments arguments, Budget budget)
    {
        Value?[] bound = arguments.Bind("round", 0, "precision", "method");
        int precision = TextMethods.Count(bound[0], 0);
        string method = bound[1] is { } given ? TextMethods.Text(given) : "common";
        if (!Numbers.IsNumber(value, out double number))
            throw Bad("round", value);
        double unit = Math.Pow(10, precision);
        return method switch
        {
            "common" => Numbers.IsWhole(value, out BigInteger whole) ? new IntValue(TextNumbers.Rounded(whole, precision)) : new FloatValue(TextNumbers.Rounded(number, precision)),
            "ceil" => new FloatValue(Math.Ceiling(number * unit) / unit),
            "floor" => new FloatValue(Math.Floor(number * unit) / unit),
            _ => throw new TemplateException("method must be common, ceil or floor"),
        };
    }

    private static Value Sum(Value value, Arguments arguments, Budget budget)
    {
        Value?[] bound = arguments.Bind("sum", 0, "attribute", "start");
        Func<Value, Value> get = ItemPath.Getter(bound[0], null, budget);
        Value sum = bound[1] is { } start ? start is TextValue ? throw new TemplateException("sum() can't sum strings") : start : new IntValue(0);
        foreach (Value item in Iteration.Of(value, budget))
            sum = Arithmetic.Add(sum, get(item), budget);
        return sum;
    }
}
