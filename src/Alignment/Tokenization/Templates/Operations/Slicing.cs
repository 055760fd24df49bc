using System.Numerics;
using System.Text;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Operations;

/// <summary>value[start:stop:step].</summary>
internal static class Slicing
{
    /// <summary>The part.</summary>
    /// <exception cref="TemplateException">The value cannot be sliced, a bound is no int, or the step is zero.</exception>
    public static Value Slice(Value value, Value start, Value stop, Value step, Budget budget)
    {
        if (value is UndefinedValue undefined)
            throw undefined.Used();
        if (value is not (TextValue or SequenceValue or RangeValue))
            throw new TemplateException($"'{value.Kind}' object cannot be sliced");
        (BigInteger? from, BigInteger? to, BigInteger? by) = (Bound(start), Bound(stop), Bound(step));
        if (by is { IsZero: true })
            throw new TemplateException("slice step cannot be zero");
        int length = value.Length!.Value, stride = (int)BigInteger.Max(-int.MaxValue, BigInteger.Min(int.MaxValue, by ?? 1));
        int first = Clamp(from, length, stride, atStart: true), last = Clamp(to, length, stride, atStart: false);
        if (value is RangeValue range)
            return range.Part(first, last, stride);
        if (value is TextValue text && stride == 1)
        {
            string part = first < last ? CodePoints.Slice(text.Text, first, last - first) : "";
            budget.Characters(part.Length);
            return new TextValue(part, text.IsMarkup);
        }

        List<int> places = [];
        for (long at = first; stride > 0 ? at < last : at > last; at += stride)
            places.Add((int)at);
        budget.List(value is TextValue ? 0 : places.Count);
        return value is TextValue whole ? Picked(whole, places, budget) : Picked((SequenceValue)value, places);
    }

    private static BigInteger? Bound(Value value) => value is NoneValue ? null : Numbers.IsWhole(value, out BigInteger whole) ? whole
        : throw (value is UndefinedValue undefined ? undefined.Used() : new TemplateException("slice indices must be integers or None"));

    private static int Clamp(BigInteger? bound, int length, int stride, bool atStart)
    {
        if (bound is not { } at)
            return atStart ? stride > 0 ? 0 : length - 1 : stride > 0 ? length : -1;
        if (at.Sign < 0)
            at += length;
        return (int)BigInteger.Max(stride > 0 ? 0 : -1, BigInteger.Min(stride > 0 ? length : length - 1, at));
    }

    private static TextValue Picked(TextValue text, List<int> places, Budget budget)
    {
        int[] points = [.. CodePoints.Of(text.Text)];
        budget.Characters(points.Length);
        StringBuilder part = new();
        foreach (int place in places)
            _ = points[place] is var point && point is > 0xffff ? part.Append(char.ConvertFromUtf32(point)) : part.Append((char)point);
        return new(part.ToString(), text.IsMarkup);
    }

    private static SequenceValue Picked(SequenceValue value, List<int> places)
    {
        Value[] part = [.. places.Select(place => value.Values[place])];
        return value is TupleValue ? new TupleValue(part) : new ListValue(part);
    }
}
