using Alignment.Tokenization.Templates.Operations;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Builtins;

/// <summary>What value is name(arguments) answers.</summary>
internal delegate bool Test(Value value, Arguments arguments, Budget budget);

/// <summary>Jinja's tests by name.</summary>
internal static class Tests
{
    private static readonly Dictionary<string, Test> s_all = new()
    {
        ["defined"] = (value, _, _) => value is not UndefinedValue,
        ["undefined"] = (value, _, _) => value is UndefinedValue,
        ["none"] = (value, _, _) => value is NoneValue,
        ["boolean"] = (value, _, _) => value is BoolValue,
        ["true"] = (value, _, _) => ReferenceEquals(value, BoolValue.True),
        ["false"] = (value, _, _) => ReferenceEquals(value, BoolValue.False),
        ["integer"] = (value, _, _) => value is IntValue,
        ["float"] = (value, _, _) => value is FloatValue,
        ["number"] = (value, _, _) => value is IntValue or FloatValue or BoolValue,
        ["string"] = (value, _, _) => value is TextValue,
        ["mapping"] = (value, _, _) => value is DictValue,
        ["sequence"] = (value, _, _) => value is TextValue or SequenceValue or DictValue or RangeValue or UndefinedValue,
        ["iterable"] = (value, _, _) => value.Items != null || value is LoopValue,
        ["callable"] = (value, _, _) => value is FunctionValue or UndefinedValue or LoopValue,
        ["escaped"] = (value, _, _) => value is TextValue { IsMarkup: true },
        ["lower"] = (value, _, budget) => TextCase.Test("islower")!(value.Str(budget)),
        ["upper"] = (value, _, budget) => TextCase.Test("isupper")!(value.Str(budget)),
        ["odd"] = (value, _, budget) => Equality.Same(Arithmetic.Modulo(value, new IntValue(2), budget), new IntValue(1), budget),
        ["even"] = (value, _, budget) => Equality.Same(Arithmetic.Modulo(value, new IntValue(2), budget), new IntValue(0), budget),
        ["divisibleby"] = (value, arguments, budget) => Equality.Same(Arithmetic.Modulo(value, One(arguments, "divisibleby", "num"), budget), new IntValue(0), budget),
        ["sameas"] = (value, arguments, _) => One(arguments, "sameas") is var other && (ReferenceEquals(value, other) || (value is IntValue && other is IntValue && value.Equals(other))),
        ["in"] = (value, arguments, budget) => Containment.Has(One(arguments, "in", "seq"), value, budget),
        ["filter"] = (value, _, budget) => Filters.Find(value.Str(budget)) != null,
        ["test"] = (value, _, budget) => Find(value.Str(budget)) != null,
        ["eq"] = Equal,
        ["=="] = Equal,
        ["equalto"] = Equal,
        ["ne"] = (value, arguments, budget) => !Equal(value, arguments, budget),
        ["!="] = (value, arguments, budget) => !Equal(value, arguments, budget),
        ["lt"] = Less,
        ["<"] = Less,
        ["lessthan"] = Less,
        ["le"] = (value, arguments, budget) => Ordering.Compare(value, One(arguments, "le"), budget) <= 0,
        ["<="] = (value, arguments, budget) => Ordering.Compare(value, One(arguments, "<="), budget) <= 0,
        ["gt"] = Greater,
        [">"] = Greater,
        ["greaterthan"] = Greater,
        ["ge"] = (value, arguments, budget) => Ordering.Compare(value, One(arguments, "ge"), budget) >= 0,
        [">="] = (value, arguments, budget) => Ordering.Compare(value, One(arguments, ">="), budget) >= 0,
    };

    /// <summary>A test; null where there is none of that name.</summary>
    public static Test? Find(string name) => s_all.GetValueOrDefault(name);

    /// <summary>Runs a test by its name.</summary>
    /// <exception cref="TemplateException">There is none of that name.</exception>
    public static bool Run(string name, Value value, Arguments arguments, Budget budget) =>
        (Find(name) ?? throw new TemplateException($"No test named '{name}'."))(value, arguments, budget);

    private static Value One(Arguments arguments, string test, string parameter = "other") => arguments.Bind(test, 1, parameter)[0]!;

    private static bool Equal(Value value, Arguments arguments, Budget budget) => Equality.Same(value, One(arguments, "eq"), budget);

    private static bool Less(Value value, Arguments arguments, Budget budget) => Ordering.Compare(value, One(arguments, "lt"), budget) < 0;

    private static bool Greater(Value value, Arguments arguments, Budget budget) => Ordering.Compare(value, One(arguments, "gt"), budget) > 0;
}
