using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Nodes;

/// <summary>Parameters and body of a macro, or of a call block.</summary>
internal sealed record MacroBody
{
    /// <summary>For messages; "caller" for a call block's.</summary>
    public required string Name { get; init; }

    /// <summary>Parameters with what stands for them when they are left out; null: undefined.</summary>
    public required IReadOnlyList<(string Name, Expression? Default)> Parameters { get; init; }

    /// <summary>What it writes.</summary>
    public required IReadOnlyList<Statement> Body { get; init; }

    /// <summary>It names varargs, and so takes more positional arguments than it has parameters.</summary>
    public required bool TakesMore { get; init; }

    /// <summary>It names kwargs, and so takes named arguments that it has no parameters for.</summary>
    public required bool TakesMoreNamed { get; init; }

    /// <summary>It names caller, and so may stand in a call block.</summary>
    public required bool TakesCaller { get; init; }

    /// <summary>As a function that sees the names around the macro.</summary>
    public FunctionValue In(Scope around) => new(Name, (arguments, budget) => Call(arguments, around, budget))
    {
        Members = new Dictionary<string, Value>
        {
            ["name"] = new TextValue(Name),
            ["arguments"] = new TupleValue([.. Parameters.Select(parameter => new TextValue(parameter.Name))]),
            ["catch_varargs"] = BoolValue.Of(TakesMore),
            ["catch_kwargs"] = BoolValue.Of(TakesMoreNamed),
            ["caller"] = BoolValue.Of(TakesCaller),
        },
    };

    private TextValue Call(Arguments arguments, Scope around, Budget budget)
    {
        Budget.Nest(++budget.Calls);
        Scope scope = around.Inner();
        Bind(arguments, scope);
        BoundedText written = new(budget);
        Statement.All(Body, scope, written);
        budget.Calls--;
        return new(written.ToString());
    }

    private void Bind(Arguments arguments, Scope scope)
    {
        Dictionary<string, Value> named = arguments.Named.ToDictionary();
        if (arguments.Positional.Count > Parameters.Count && !TakesMore)
            throw new TemplateException($"macro '{Name}' takes not more than {Parameters.Count} argument(s)");
        for (int at = 0; at < Parameters.Count; at++)
        {
            (string name, Expression? otherwise) = Parameters[at];
            scope.Set(name, at < arguments.Positional.Count ? arguments.Positional[at] : named.Remove(name, out Value? given) ? given
                : otherwise?.Evaluate(scope) ?? new UndefinedValue($"parameter '{name}' was not provided"));
        }

        if (TakesCaller && Parameters.All(parameter => parameter.Name != "caller"))
            scope.Set("caller", named.Remove("caller", out Value? caller) ? caller : new UndefinedValue("No caller defined"));
        if (TakesMoreNamed)
            scope.Set("kwargs", new DictValue(new(named.Select(pair => KeyValuePair.Create((Value)new TextValue(pair.Key), pair.Value)))));
        else if (named.Count > 0)
            throw new TemplateException($"macro '{Name}' takes no keyword argument '{named.Keys.First()}'");
        if (TakesMore)
            scope.Set("varargs", new TupleValue([.. arguments.Positional.Skip(Parameters.Count)]));
    }
}

/// <summary>macro name(parameters) … endmacro.</summary>
internal sealed class Macro(MacroBody body, int line) : Statement(line)
{
    /// <inheritdoc/>
    protected override Flow Run(Scope scope, BoundedText output)
    {
        scope.Set(body.Name, body.In(scope));
        return Flow.On;
    }
}
