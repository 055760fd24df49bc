using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Operations;

/// <summary>Python's &lt;, ≤, &gt; and ≥, and sorting by them.</summary>
internal static class Ordering
{
    /// <summary>Less than, equal to or more than zero; null where neither holds (NaN).</summary>
    /// <exception cref="TemplateException">Values that have no order.</exception>
    public static int? Compare(Value left, Value right, Budget budget)
    {
        budget.Step();
        switch (left, right)
        {
            case (TextValue a, TextValue b):
                budget.Characters(Math.Min(a.Text.Length, b.Text.Length));
                return CodePoints.Compare(a.Text, b.Text);
            case (ListValue, ListValue) or (TupleValue, TupleValue):
                foreach ((Value a, Value b) in left.Items!.Zip(right.Items!))
                    if (!Equality.Same(a, b, budget)) // which finds what is nested too deeply
                        return Compare(a, b, budget);
                return left.Length!.Value.CompareTo(right.Length!.Value);
            default:
                return Numbers.IsNumber(left, out _) && Numbers.IsNumber(right, out _) ? Numbers.Compare(left, right) : throw Arithmetic.Unsupported("<", left, right);
        }
    }

    /// <summary>Items in the order of their keys; equal ones stay in their order.</summary>
    public static List<Value> Sorted(IEnumerable<Value> items, Func<Value, Value> key, bool reverse, Budget budget)
    {
        (Value Key, Value Item)[] sorted = [.. items.Select(item => (key(item), item))], merged = new (Value, Value)[sorted.Length];
        budget.List(sorted.Length);
        // a merge sort of its own: .NET's wraps what a comparison throws, and takes NaN for a fault of the comparison
        for (int width = 1; width < sorted.Length; width *= 2, (sorted, merged) = (merged, sorted))
            for (int from = 0; from < sorted.Length; from += 2 * width)
            {
                int middle = Math.Min(from + width, sorted.Length), end = Math.Min(from + (2 * width), sorted.Length);
                for (int at = from, left = from, right = middle; at < end; at++)
                    merged[at] = right >= end || (left < middle && !IsBefore(sorted[right].Key, sorted[left].Key, reverse, budget)) ? sorted[left++] : sorted[right++];
            }

        return [.. sorted.Select(pair => pair.Item)];
    }

    private static bool IsBefore(Value right, Value left, bool reverse, Budget budget) => reverse ? Compare(left, right, budget) < 0 : Compare(right, left, budget) < 0;
}
