using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Operations;

/// <summary>value.name and value[key] as Jinja's immutable sandbox finds them.</summary>
internal static class Lookup
{
    private static readonly HashSet<(string Kind, string Method)> s_changing =
    [
        ("list", "append"), ("list", "clear"), ("list", "extend"), ("list", "insert"), ("list", "pop"), ("list", "remove"), ("list", "reverse"), ("list", "sort"),
        ("dict", "clear"), ("dict", "pop"), ("dict", "popitem"), ("dict", "setdefault"), ("dict", "update"),
    ];

    /// <summary>value.name: an attribute or method, then an item of that name; undefined where there is neither.</summary>
    public static Value Attribute(Value value, string name, Budget budget) => Member(value, name) ?? value.At(new TextValue(name)) ?? UndefinedValue.Missing(value, new TextValue(name), budget);

    /// <summary>value[key]: an item, then an attribute or method of that name; undefined where there is neither.</summary>
    public static Value Item(Value value, Value key, Budget budget)
    {
        if (key is TextValue { Text.Length: var length })
            budget.Characters(length);
        return value.At(key) ?? (key is TextValue name ? Member(value, name.Text) : null) ?? UndefinedValue.Missing(value, key, budget);
    }

    /// <summary>An attribute or method, and no item of that name; null where there is none.</summary>
    public static Value? Member(Value value, string name)
    {
        if (value.Attribute(name) is { } attribute)
            return attribute;
        if (s_changing.Contains((value.Kind, name)) || (name.StartsWith("__", StringComparison.Ordinal) && name.EndsWith("__", StringComparison.Ordinal) && value is not DictValue))
            return new UndefinedValue($"access to attribute '{name}' of '{value.Kind}' object is unsafe.");
        Func<Arguments, Budget, Value>? method = value switch
        {
            TextValue text => TextMethods.Find(text, name),
            DictValue dict => ContainerMethods.Of(dict, name),
            SequenceValue sequence => ContainerMethods.Of(sequence, name),
            FloatValue { Number: var number } when name == "is_integer" => (_, _) => BoolValue.Of(number == Math.Floor(number)),
            _ => null,
        };
        return method != null ? new FunctionValue(name, method) : null;
    }
}
