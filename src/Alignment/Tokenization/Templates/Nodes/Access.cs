using Alignment.Tokenization.Templates.Operations;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Nodes;

/// <summary>value.name.</summary>
internal sealed class AttributeAccess(Expression value, string name) : Expression
{
    /// <inheritdoc/>
    protected override Value Compute(Scope scope) => Lookup.Attribute(value.Evaluate(scope), name, scope.Budget);
}

/// <summary>value[key].</summary>
internal sealed class ItemAccess(Expression value, Expression key) : Expression
{
    /// <inheritdoc/>
    protected override Value Compute(Scope scope) => Lookup.Item(value.Evaluate(scope), key.Evaluate(scope), scope.Budget);
}

/// <summary>value[start:stop:step].</summary>
internal sealed class SliceAccess(Expression value, Expression? start, Expression? stop, Expression? step) : Expression
{
    /// <inheritdoc/>
    protected override Value Compute(Scope scope)
    {
        Value whole = value.Evaluate(scope);
        return Slicing.Slice(whole, Bound(start, scope), Bound(stop, scope), Bound(step, scope), scope.Budget);
    }

    private static Value Bound(Expression? bound, Scope scope) => bound?.Evaluate(scope) ?? NoneValue.None;
}
