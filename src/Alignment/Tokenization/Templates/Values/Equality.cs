namespace Alignment.Tokenization.Templates.Values;

/// <summary>Python's ==.</summary>
internal static class Equality
{
    /// <summary>Whether two values are equal: numbers by value, texts, lists and dicts by contents, all else by identity.</summary>
    public static bool Same(Value left, Value right, Budget budget, int depth = 0)
    {
        budget.Step();
        Budget.Nest(depth);
        if (ReferenceEquals(left, right))
            return left is not FloatValue { Number: double.NaN };
        switch (left, right)
        {
            case (TextValue a, TextValue b):
                if (a.Text.Length == b.Text.Length)
                    budget.Characters(a.Text.Length);
                return a.Text == b.Text;
            case (ListValue, ListValue) or (TupleValue, TupleValue) or (RangeValue, RangeValue):
                return left.Length == right.Length && left.Items!.Zip(right.Items!).All(pair => Same(pair.First, pair.Second, budget, depth + 1));
            case (DictValue a, DictValue b):
                return a.Entries.Count == b.Entries.Count
                    && a.Entries.All(entry => b.Entries.GetValueOrDefault(entry.Key) is { } other && Same(entry.Value, other, budget, depth + 1));
            default:
                return left.Equals(right);
        }
    }
}
