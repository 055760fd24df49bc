using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Operations;

/// <summary>Methods of dicts, lists and tuples that change nothing.</summary>
internal static class ContainerMethods
{
    /// <summary>A dict's method; null where it has none of that name.</summary>
    public static Func<Arguments, Budget, Value>? Of(DictValue dict, string name) => name switch
    {
        "get" => (arguments, _) => arguments.Bind(name, 1, "key", "default") is var bound && dict.At(DictValue.Key(bound[0]!)) is { } found ? found : bound[1] ?? NoneValue.None,
        "items" => Empty(name, () => new DictView("dict_items", Pairs(dict))),
        "keys" => Empty(name, () => new DictView("dict_keys", dict.Entries.Keys)),
        "values" => Empty(name, () => new DictView("dict_values", dict.Entries.Values)),
        "copy" => Empty(name, () => dict),
        _ => null,
    };

    /// <summary>A list's or tuple's method; null where it has none of that name.</summary>
    public static Func<Arguments, Budget, Value>? Of(SequenceValue sequence, string name) => name switch
    {
        "count" => (arguments, budget) => new IntValue(sequence.Values.Count(item => Equality.Same(item, arguments.Bind(name, 1, "value")[0]!, budget))),
        "index" => (arguments, budget) => Index(sequence, arguments.Bind(name, 1, "value")[0]!, budget),
        "copy" when sequence is ListValue => Empty(name, () => sequence),
        _ => null,
    };

    /// <summary>Keys with their values.</summary>
    public static Value[] Pairs(DictValue dict) => [.. dict.Entries.Select(entry => new TupleValue([entry.Key, entry.Value]))];

    private static Func<Arguments, Budget, Value> Empty(string name, Func<Value> value) => (arguments, _) =>
    {
        arguments.Bind(name, 0);
        return value();
    };

    private static IntValue Index(SequenceValue sequence, Value wanted, Budget budget)
    {
        for (int at = 0; at < sequence.Values.Count; at++)
            if (Equality.Same(sequence.Values[at], wanted, budget))
                return new(at);
        throw new TemplateException($"{wanted.Str(budget)} is not in the {sequence.Kind}");
    }
}
