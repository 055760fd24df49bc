using Alignment.Tokenization.Templates.Builtins;
using Alignment.Tokenization.Templates.Operations;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Nodes;

/// <summary>What stands between the brackets of a call.</summary>
/// <param name="positional">By place.</param>
/// <param name="named">By name.</param>
/// <param name="more">*values; null: none.</param>
/// <param name="moreNamed">**dict; null: none.</param>
internal sealed class CallArguments(IReadOnlyList<Expression> positional, IReadOnlyList<(string Name, Expression Value)> named, Expression? more, Expression? moreNamed)
{
    /// <summary>Nothing.</summary>
    public static readonly CallArguments None = new([], [], null, null);

    /// <summary>The values.</summary>
    public Arguments Evaluate(Scope scope)
    {
        if (positional.Count == 0 && named.Count == 0 && more == null && moreNamed == null)
            return Arguments.None;
        List<Value> values = [.. positional.Select(argument => argument.Evaluate(scope))];
        List<KeyValuePair<string, Value>> byName = [.. named.Select(argument => KeyValuePair.Create(argument.Name, argument.Value.Evaluate(scope)))];
        if (more != null)
            values.AddRange(Iteration.List(more.Evaluate(scope), scope.Budget));
        if (moreNamed != null)
            byName.AddRange(moreNamed.Evaluate(scope) is DictValue dict ? dict.Entries.Select(entry => KeyValuePair.Create(TextMethods.Text(entry.Key), entry.Value))
                : throw new TemplateException("argument after ** must be a mapping"));
        return byName.Select(argument => argument.Key).Distinct().Count() == byName.Count ? new(values, byName) : throw new TemplateException("keyword argument repeated");
    }
}

/// <summary>callee(arguments).</summary>
internal sealed class Call(Expression callee, CallArguments arguments, int line) : Expression
{
    /// <inheritdoc/>
    protected override Value Compute(Scope scope) => Invoke(scope, []);

    /// <summary>Calls with named arguments besides its own.</summary>
    public Value Invoke(Scope scope, IReadOnlyList<KeyValuePair<string, Value>> besides)
    {
        Value called = callee.Evaluate(scope);
        Arguments given = arguments.Evaluate(scope);
        scope.Budget.Line = line;
        Value value = called.Call(besides.Count == 0 ? given : given with { Named = [.. given.Named, .. besides] }, scope.Budget);
        scope.Budget.Line = line; // a macro's lines are others
        return value;
    }
}

/// <summary>value | name(arguments).</summary>
/// <param name="value">Null in filter blocks, which hand over their text.</param>
/// <param name="name">The filter.</param>
/// <param name="arguments">Its arguments.</param>
/// <param name="line">Where it stands.</param>
internal sealed class FilterCall(Expression? value, string name, CallArguments arguments, int line) : Expression
{
    private readonly Filter? _filter = Filters.Find(name);

    /// <inheritdoc/>
    protected override Value Compute(Scope scope) => Apply(value!.Evaluate(scope), scope);

    /// <summary>Runs the filter, and those that stand before it in a block's chain, on a value.</summary>
    public Value Apply(Value given, Scope scope)
    {
        Arguments evaluated = arguments.Evaluate(scope);
        scope.Budget.Line = line;
        return (_filter ?? throw new TemplateException($"No filter named '{name}'."))(given, evaluated, scope.Budget);
    }
}

/// <summary>value is name(arguments).</summary>
internal sealed class TestCall(Expression value, string name, CallArguments arguments) : Expression
{
    private readonly Test? _test = Tests.Find(name);

    /// <inheritdoc/>
    protected override Value Compute(Scope scope)
    {
        Value given = value.Evaluate(scope);
        Arguments evaluated = arguments.Evaluate(scope);
        return BoolValue.Of((_test ?? throw new TemplateException($"No test named '{name}'."))(given, evaluated, scope.Budget));
    }
}
