using Alignment.Tokenization.Templates.Operations;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Builtins;

/// <summary>Filters that run a filter or test on each item: map, select, reject, selectattr, rejectattr.</summary>
internal static class SelectFilters
{
    /// <summary>By name.</summary>
    public static readonly Dictionary<string, Filter> All = new()
    {
        ["map"] = Map,
        ["select"] = (value, arguments, budget) => Select(value, arguments, byAttribute: false, keep: true, budget),
        ["reject"] = (value, arguments, budget) => Select(value, arguments, byAttribute: false, keep: false, budget),
        ["selectattr"] = (value, arguments, budget) => Select(value, arguments, byAttribute: true, keep: true, budget),
        ["rejectattr"] = (value, arguments, budget) => Select(value, arguments, byAttribute: true, keep: false, budget),
    };

    // arguments are looked at when the first item is asked for, and not at all where there is none, as in Jinja
    private static StreamValue Map(Value value, Arguments arguments, Budget budget) => new(Mapped(value, arguments, budget));

    private static IEnumerable<Value> Mapped(Value value, Arguments arguments, Budget budget)
    {
        if (!value.IsTrue)
            yield break;
        Func<Value, Value> change;
        if (arguments.Positional.Count == 0)
        {
            Value?[] bound = arguments.Bind("map", 0, "attribute", "default");
            if (bound[0] == null)
                throw new TemplateException("map requires a filter argument");
            change = ItemPath.Getter(bound[0], bound[1] is NoneValue ? null : bound[1], budget);
        }
        else
        {
            (string name, Arguments rest) = (arguments.Positional[0].Str(budget), arguments.Skip(1));
            change = item => Filters.Run(name, item, rest, budget);
        }

        foreach (Value item in Iteration.Of(value, budget))
            yield return change(item);
    }

    private static StreamValue Select(Value value, Arguments arguments, bool byAttribute, bool keep, Budget budget) => new(Selected(value, arguments, byAttribute, keep, budget));

    private static IEnumerable<Value> Selected(Value value, Arguments arguments, bool byAttribute, bool keep, Budget budget)
    {
        if (!value.IsTrue)
            yield break;
        if (byAttribute && arguments.Positional.Count == 0)
            throw new TemplateException("Missing parameter for attribute name");
        Func<Value, Value> get = ItemPath.Getter(byAttribute ? arguments.Positional[0] : null, null, budget);
        Arguments rest = byAttribute ? arguments.Skip(1) : arguments;
        (string? name, Arguments tested) = rest.Positional.Count > 0 ? (rest.Positional[0].Str(budget), rest.Skip(1)) : (null, rest);
        foreach (Value item in Iteration.Of(value, budget))
            if ((name == null ? get(item).IsTrue : Tests.Run(name, get(item), tested, budget)) == keep)
                yield return item;
    }
}
