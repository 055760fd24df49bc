using Alignment.Tokenization.Templates.Operations;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Builtins;

/// <summary>Filters that compare items.</summary>
internal static class OrderFilters
{
    /// <summary>By name.</summary>
    public static readonly Dictionary<string, Filter> All = new()
    {
        ["sort"] = Sort,
        ["dictsort"] = DictSort,
        ["groupby"] = GroupBy,
        ["min"] = (value, arguments, budget) => Best(value, arguments, -1, budget),
        ["max"] = (value, arguments, budget) => Best(value, arguments, 1, budget),
    };

    private static ListValue Sort(Value value, Arguments arguments, Budget budget)
    {
        Value?[] bound = arguments.Bind("sort", 0, "reverse", "case_sensitive", "attribute");
        Func<Value, Value>[] keys = bound[2] is TextValue names ? [.. names.Text.Split(',').Select(name => ItemPath.Getter(new TextValue(name), null, bound[1], budget))]
            : [ItemPath.Getter(bound[2], null, bound[1], budget)];
        return new(Ordering.Sorted(Iteration.List(value, budget), item => new TupleValue([.. keys.Select(key => key(item))]), bound[0] is { IsTrue: true }, budget));
    }

    private static ListValue DictSort(Value value, Arguments arguments, Budget budget)
    {
        Value?[] bound = arguments.Bind("dictsort", 0, "case_sensitive", "by", "reverse");
        if (value is not DictValue dict)
            throw value is UndefinedValue undefined ? undefined.Used() : new TemplateException($"'{value.Kind}' object has no attribute 'items'");
        int by = bound[1]?.Str(budget) switch
        {
            null or "key" => 0,
            "value" => 1,
            _ => throw new TemplateException("You can only sort by either \"key\" or \"value\""),
        };
        Func<Value, Value> key = ItemPath.Getter(new IntValue(by), null, bound[0], budget);
        return new(Ordering.Sorted(ContainerMethods.Pairs(dict), key, bound[2] is { IsTrue: true }, budget));
    }

    private static ListValue GroupBy(Value value, Arguments arguments, Budget budget)
    {
        Value?[] bound = arguments.Bind("groupby", 1, "attribute", "default", "case_sensitive");
        Func<Value, Value> shown = ItemPath.Getter(bound[0], bound[1] is NoneValue ? null : bound[1], budget);
        Func<Value, Value> key = ItemPath.Getter(bound[0], bound[1] is NoneValue ? null : bound[1], bound[2], budget);
        List<Value> groups = [], group = [];
        foreach (Value item in Ordering.Sorted(Iteration.List(value, budget), key, reverse: false, budget))
        {
            if (group.Count > 0 && !Equality.Same(key(item), key(group[0]), budget))
            {
                groups.Add(Grouped(shown, group));
                group = [];
            }

            group.Add(item);
        }

        if (group.Count > 0)
            groups.Add(Grouped(shown, group));
        return new(groups);
    }

    private static TupleValue Grouped(Func<Value, Value> shown, List<Value> group) => new([shown(group[0]), new ListValue(group)], "grouper", "list");

    private static Value Best(Value value, Arguments arguments, int wanted, Budget budget)
    {
        Value?[] bound = arguments.Bind(wanted < 0 ? "min" : "max", 0, "case_sensitive", "attribute");
        Func<Value, Value> key = ItemPath.Getter(bound[1], null, bound[0], budget);
        Value? best = null;
        foreach (Value item in Iteration.Of(value, budget))
            if (best == null || Math.Sign(Ordering.Compare(key(item), key(best), budget) ?? 0) == wanted)
                best = item;
        return best ?? new UndefinedValue("No aggregated item, sequence was empty.");
    }
}
