using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Nodes;

/// <summary>A constant.</summary>
internal sealed class Literal(Value value) : Expression
{
    /// <inheritdoc/>
    protected override Value Compute(Scope scope) => value;
}

/// <summary>A name.</summary>
internal sealed class Name(string name) : Expression
{
    /// <summary>The name.</summary>
    public string Text => name;

    /// <inheritdoc/>
    protected override Value Compute(Scope scope) => scope.Find(name);
}

/// <summary>[a, b]</summary>
internal sealed class ListLiteral(IReadOnlyList<Expression> items) : Expression
{
    /// <inheritdoc/>
    protected override Value Compute(Scope scope) => new ListValue([.. items.Select(item => item.Evaluate(scope))]);
}

/// <summary>(a, b)</summary>
internal sealed class TupleLiteral(IReadOnlyList<Expression> items) : Expression
{
    /// <inheritdoc/>
    protected override Value Compute(Scope scope) => new TupleValue([.. items.Select(item => item.Evaluate(scope))]);
}

/// <summary>{a: b}</summary>
internal sealed class DictLiteral(IReadOnlyList<(Expression Key, Expression Value)> entries) : Expression
{
    /// <inheritdoc/>
    protected override Value Compute(Scope scope)
    {
        OrderedDictionary<Value, Value> made = [];
        foreach ((Expression key, Expression value) in entries)
            made[DictValue.Key(key.Evaluate(scope))] = value.Evaluate(scope);
        return new DictValue(made);
    }
}
