using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Operations;

/// <summary>Python's &lt;, ≤, &gt; and ≥, and sorting by them.</summary>
internal static class Ordering
{
    /// <summary>Less than, equal to or more than zero; null where neither holds (NaN).</summary>
    /// <exception cref="TemplateException">Values that have no order.</exception>
    public static int? Compare(Value left, Value right, Budget budget, int depth = 0)
    {
        budget.Step();
        Budget.Nest(depth);
        switch (left, right)
        {
            case (TextValue a, TextValue b):
                budget.Characters(Math.Min(a.Text.Length, b.Text.Length));
                return CodePoints.Compare(a.Text, b.Text);
            case (ListValue, ListValue) or (TupleValue, TupleValue):
                foreach ((Value a, Value b) in left.Items!.Zip(right.Items!))
                    if (!Equality.Same(a, b, budget))
                        return Compare(a, b, budget, depth + 1);
                return left.Length!.Value.CompareTo(right.Length!.Value);
            default:
                return Numbers.IsNumber(left, out _) && Numbers.IsNumber(right, out _) ? Numbers.Compare(left, right) : throw Arithmetic.Unsupported("<", left, right);
        }
    }

    /// <summary>Items in the order of their keys; equal ones stay in their order.</summary>
    public static List<Value> Sorted(IEnumerable<Value> items, Func<Value, Value> key, bool reverse, Budget budget)
    {
        List<(Value Key, Value Item)> keyed = [.. items.Select(item => (key(item), item))];
        budget.List(keyed.Count);
        var comparer = Comparer<(Value Key, Value Item)>.Create((a, b) => (reverse ? -1 : 1) * Compare(a.Key, b.Key, budget) ?? 0);
        return [.. keyed.Order(comparer).Select(pair => pair.Item)];
    }
}
