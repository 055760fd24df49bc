using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Operations;

/// <summary>Going through what can be looped over.</summary>
internal static class Iteration
{
    /// <summary>The items, each a step.</summary>
    /// <exception cref="TemplateException">The value has none.</exception>
    public static IEnumerable<Value> Of(Value value, Budget budget) => Counted(value.Items ?? throw new TemplateException($"'{value.Kind}' object is not iterable"), budget);

    /// <summary>The items as a list.</summary>
    /// <exception cref="TemplateException">The value has none, or too many.</exception>
    public static List<Value> List(Value value, Budget budget)
    {
        List<Value> items = [];
        foreach (Value item in Of(value, budget))
        {
            items.Add(item);
            if (items.Count > Budget.LongestList && value is not TextValue)
                budget.List(items.Count);
        }

        return items;
    }

    private static IEnumerable<Value> Counted(IEnumerable<Value> items, Budget budget)
    {
        foreach (Value item in items)
        {
            budget.Step();
            yield return item;
        }
    }
}
