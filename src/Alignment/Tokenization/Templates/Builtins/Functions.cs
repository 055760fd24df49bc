using System.Numerics;
using Alignment.Tokenization.Templates.Operations;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Builtins;

/// <summary>The functions that every template finds: Jinja's, without lipsum, and the two of transformers.</summary>
internal static class Functions
{
    /// <summary>By name.</summary>
    /// <param name="now">What strftime_now takes for the time; null: a template that asks for it fails.</param>
    public static Dictionary<string, Value> All(DateTime? now) => new Dictionary<string, Func<Arguments, Budget, Value>>
    {
        ["range"] = Range,
        ["dict"] = (arguments, budget) => new DictValue(Entries("dict", arguments, budget)),
        ["namespace"] = Namespace,
        ["cycler"] = (arguments, _) => arguments.Positional.Count > 0 ? new CyclerValue(arguments.Positional) : throw new TemplateException("at least one item has to be provided"),
        ["joiner"] = Joiner,
        ["raise_exception"] = (arguments, budget) => throw new TemplateException(arguments.Bind("raise_exception", 1, "message")[0]!.Str(budget)) { IsRaised = true },
        ["strftime_now"] = (arguments, _) => arguments.Bind("strftime_now", 1, "format")[0] is var format && now is { } time ? new TextValue(DateText.Of(time, TextMethods.Text(format!)))
            : throw new TemplateException("strftime_now needs a date, and none was given: \"templateDate\" in the recipe gives one"),
    }.ToDictionary(function => function.Key, Value (function) => new FunctionValue(function.Key, function.Value));

    private static RangeValue Range(Arguments arguments, Budget budget)
    {
        Value?[] bound = arguments.Bind("range", 1, "start", "stop", "step");
        BigInteger[] numbers = [.. bound.OfType<Value>().Select(value => Numbers.IsWhole(value, out BigInteger number) ? number
            : value is UndefinedValue undefined ? throw undefined.Used() : throw new TemplateException($"'{value.Kind}' object cannot be interpreted as an integer"))];
        BigInteger step = numbers.Length > 2 ? numbers[2] : 1;
        if (step.IsZero)
            throw new TemplateException("range() arg 3 must not be zero");
        RangeValue range = numbers.Length == 1 ? new(0, numbers[0], step) : new(numbers[0], numbers[1], step);
        return range.Length <= Budget.LongestList ? range : throw new TemplateException($"Range too big. The sandbox blocks ranges larger than {Budget.LongestList}.");
    }

    private static NamespaceValue Namespace(Arguments arguments, Budget budget)
    {
        NamespaceValue made = new();
        foreach ((Value name, Value value) in Entries("namespace", arguments, budget))
            made.Set(name, value);
        return made;
    }

    private static OrderedDictionary<Value, Value> Entries(string name, Arguments arguments, Budget budget)
    {
        if (arguments.Positional.Count > 1)
            throw new TemplateException($"{name} expected at most 1 argument, got {arguments.Positional.Count}");
        OrderedDictionary<Value, Value> entries = [];
        foreach (Value pair in arguments.Positional.SelectMany(value => value is DictValue dict ? ContainerMethods.Pairs(dict) : Iteration.Of(value, budget)))
        {
            List<Value> both = Iteration.List(pair, budget);
            entries[DictValue.Key(both.Count == 2 ? both[0] : throw new TemplateException($"{name} takes pairs of a key and a value"))] = both[1];
        }

        foreach ((string key, Value value) in arguments.Named)
            entries[new TextValue(key)] = value;
        return entries;
    }

    // nothing at its first call, the separator from then on
    private static FunctionValue Joiner(Arguments arguments, Budget budget)
    {
        Value separator = arguments.Bind("joiner", 0, "sep")[0] ?? new TextValue(", ");
        bool used = false;
        return new("joiner", (_, _) =>
        {
            Value given = used ? separator : TextValue.Empty;
            used = true;
            return given;
        });
    }
}
