using System.Numerics;

namespace Alignment.Tokenization.Templates.Values;

/// <summary>A list or a tuple.</summary>
internal abstract class SequenceValue(IReadOnlyList<Value> values) : Value
{
    /// <summary>The items.</summary>
    public IReadOnlyList<Value> Values { get; } = values;

    /// <inheritdoc/>
    public override bool IsTrue => Values.Count > 0;

    /// <inheritdoc/>
    public override int? Length => Values.Count;

    /// <inheritdoc/>
    public override IEnumerable<Value> Items => Values;

    /// <inheritdoc/>
    public override Value? At(Value key) => Numbers.IsWhole(key, out BigInteger index) && Place(index, Values.Count) is int place ? Values[place] : null;

    /// <summary>Where an index points, counted from the end where it is negative; null outside.</summary>
    public static int? Place(BigInteger index, int length)
    {
        if (index.Sign < 0)
            index += length;
        return index.Sign >= 0 && index < length ? (int)index : null;
    }
}

/// <summary>A list, which a template cannot change.</summary>
internal sealed class ListValue(IReadOnlyList<Value> values) : SequenceValue(values)
{
    /// <inheritdoc/>
    public override string Kind => "list";

    /// <inheritdoc/>
    public override bool IsHashable => false;

    /// <inheritdoc/>
    public override void WriteRepr(BoundedText text) => text.AddAll("[", Values, "]");
}

/// <summary>A tuple.</summary>
/// <param name="values">The items.</param>
/// <param name="names">Names of the items, as groupby gives them; none otherwise.</param>
internal sealed class TupleValue(IReadOnlyList<Value> values, params string[] names) : SequenceValue(values)
{
    /// <inheritdoc/>
    public override string Kind => "tuple";

    /// <inheritdoc/>
    public override bool IsHashable => Values.All(value => value.IsHashable);

    /// <inheritdoc/>
    public override Value? Attribute(string name) => Array.IndexOf(names, name) is var at and >= 0 ? Values[at] : null;

    /// <inheritdoc/>
    public override void WriteRepr(BoundedText text) => text.AddAll("(", Values, Values.Count == 1 ? ",)" : ")");

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is TupleValue other && Values.SequenceEqual(other.Values);

    /// <inheritdoc/>
    public override int GetHashCode() => Values.Aggregate(Values.Count, (hash, value) => HashCode.Combine(hash, value.GetHashCode()));
}

/// <summary>What range() gives.</summary>
internal sealed class RangeValue(BigInteger start, BigInteger stop, BigInteger step) : Value
{
    /// <inheritdoc/>
    public override string Kind => "range";

    /// <inheritdoc/>
    public override bool IsTrue => Length > 0;

    /// <inheritdoc/>
    public override int? Length => (int)BigInteger.Min(int.MaxValue, BigInteger.Max(0, step.Sign > 0 ? (stop - start + step - 1) / step : (start - stop - step - 1) / -step));

    /// <inheritdoc/>
    public override IEnumerable<Value> Items => Enumerable.Range(0, Length!.Value).Select(index => new IntValue(start + (index * step)));

    /// <summary>Every so many of the numbers from a place up to another.</summary>
    public RangeValue Part(int first, int last, int stride) => new(start + (first * step), start + (last * step), step * stride);

    /// <inheritdoc/>
    public override Value? At(Value key) => Numbers.IsWhole(key, out BigInteger index) && SequenceValue.Place(index, Length!.Value) is int place ? new IntValue(start + (place * step)) : null;

    /// <inheritdoc/>
    public override void WriteRepr(BoundedText text) => text.Add(step.IsOne ? $"range({start}, {stop})" : $"range({start}, {stop}, {step})");
}
