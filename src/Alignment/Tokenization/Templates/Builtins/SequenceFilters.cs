using Alignment.Tokenization.Templates.Operations;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Builtins;

/// <summary>Filters that take items, and default, which takes anything.</summary>
internal static class SequenceFilters
{
    /// <summary>By name.</summary>
    public static readonly Dictionary<string, Filter> All = new()
    {
        ["default"] = Default,
        ["d"] = Default,
        ["attr"] = (value, arguments, budget) => value is UndefinedValue undefined ? throw undefined.Used()
            : arguments.Bind("attr", 1, "name")[0] is var name && Lookup.Member(value, name!.Str(budget)) is { } found ? found : UndefinedValue.Missing(value, name!, budget),
        ["first"] = (value, _, budget) => Iteration.Of(value, budget).FirstOrDefault() ?? new UndefinedValue("No first item, sequence was empty."),
        ["last"] = (value, _, budget) => value is StreamValue ? throw new TemplateException("'generator' object is not reversible")
            : Iteration.List(value, budget).LastOrDefault() ?? new UndefinedValue("No last item, sequence was empty."),
        ["list"] = (value, _, budget) => new ListValue(Iteration.List(value, budget)),
        ["items"] = (value, _, _) => value is DictValue dict ? new StreamValue(ContainerMethods.Pairs(dict))
            : value is UndefinedValue ? new StreamValue([]) : throw new TemplateException("Can only get item pairs from a mapping."),
        ["reverse"] = Reverse,
        ["batch"] = Batch,
        ["slice"] = Slice,
        ["unique"] = Unique,
    };

    private static Value Default(Value value, Arguments arguments, Budget budget)
    {
        Value?[] bound = arguments.Bind("default", 0, "default_value", "boolean");
        return value is UndefinedValue || (bound[1] is { IsTrue: true } && !value.IsTrue) ? bound[0] ?? TextValue.Empty : value;
    }

    private static Value Reverse(Value value, Arguments arguments, Budget budget)
    {
        if (value is TextValue)
            return Slicing.Slice(value, NoneValue.None, NoneValue.None, new IntValue(-1), budget);
        List<Value> items = Iteration.List(value, budget);
        items.Reverse();
        return value is StreamValue or UndefinedValue ? new ListValue(items) : new StreamValue(items);
    }

    private static StreamValue Batch(Value value, Arguments arguments, Budget budget)
    {
        Value?[] bound = arguments.Bind("batch", 1, "linecount", "fill_with");
        int size = Math.Max(1, TextMethods.Count(bound[0], 1));
        return new(Iteration.List(value, budget).Chunk(size).Select(chunk => Filled(chunk, size - chunk.Length, bound[1], budget)));
    }

    private static StreamValue Slice(Value value, Arguments arguments, Budget budget)
    {
        Value?[] bound = arguments.Bind("slice", 1, "slices", "fill_with");
        int slices = TextMethods.Count(bound[0], 1);
        if (slices is < 1 or > Budget.LongestList)
            throw new TemplateException($"slice() needs 1 to {Budget.LongestList} slices");
        List<Value> items = Iteration.List(value, budget);
        (int each, int longer) = (items.Count / slices, items.Count % slices);
        return new(Enumerable.Range(0, slices).Select(slice => Filled(
            [.. items.Skip((slice * each) + Math.Min(slice, longer)).Take(each + (slice < longer ? 1 : 0))], slice >= longer ? 1 : 0, bound[1], budget)));
    }

    private static ListValue Filled(Value[] items, int missing, Value? with, Budget budget)
    {
        budget.List(items.Length + (long)missing);
        return new(with is null or NoneValue ? items : [.. items, .. Enumerable.Repeat(with, missing)]);
    }

    private static StreamValue Unique(Value value, Arguments arguments, Budget budget)
    {
        Value?[] bound = arguments.Bind("unique", 0, "case_sensitive", "attribute");
        Func<Value, Value> key = ItemPath.Getter(bound[1], null, bound[0], budget);
        HashSet<Value> seen = [];
        return new(Iteration.Of(value, budget).Where(item => seen.Add(DictValue.Key(key(item)))));
    }
}
