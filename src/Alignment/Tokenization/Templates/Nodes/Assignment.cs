using Alignment.Tokenization.Templates.Operations;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Nodes;

/// <summary>What a value is assigned to.</summary>
internal abstract class Target
{
    /// <summary>Assigns.</summary>
    /// <exception cref="TemplateException">The value does not fit.</exception>
    public abstract void Assign(Scope scope, Value value);
}

/// <summary>A name.</summary>
internal sealed class NameTarget(string name) : Target
{
    /// <inheritdoc/>
    public override void Assign(Scope scope, Value value) => scope.Set(name, value);
}

/// <summary>A namespace's member.</summary>
internal sealed class MemberTarget(string owner, string name) : Target
{
    /// <inheritdoc/>
    public override void Assign(Scope scope, Value value) =>
        (scope.Find(owner) as NamespaceValue ?? throw new TemplateException("cannot assign attribute on non-namespace object")).Set(new TextValue(name), value);
}

/// <summary>Several, each of which gets one item.</summary>
internal sealed class TupleTarget(IReadOnlyList<Target> targets) : Target
{
    /// <inheritdoc/>
    public override void Assign(Scope scope, Value value)
    {
        List<Value> items = value.Items == null ? throw new TemplateException($"cannot unpack non-iterable {value.Kind} object") : Iteration.List(value, scope.Budget);
        if (items.Count != targets.Count)
            throw new TemplateException(items.Count > targets.Count ? $"too many values to unpack (expected {targets.Count})"
                : $"not enough values to unpack (expected {targets.Count}, got {items.Count})");
        foreach ((Target target, Value item) in targets.Zip(items))
            target.Assign(scope, item);
    }
}

/// <summary>set target = value.</summary>
internal sealed class Assignment(Target target, Expression value, int line) : Statement(line)
{
    /// <inheritdoc/>
    protected override Flow Run(Scope scope, BoundedText output)
    {
        target.Assign(scope, value.Evaluate(scope));
        return Flow.On;
    }
}

/// <summary>set target | filters … endset: what the body writes.</summary>
internal sealed class BlockAssignment(Target target, IReadOnlyList<FilterCall> filters, IReadOnlyList<Statement> body, int line) : Statement(line)
{
    /// <inheritdoc/>
    protected override Flow Run(Scope scope, BoundedText output)
    {
        Scope inner = scope.Inner();
        BoundedText written = new(scope.Budget);
        Flow flow = All(body, inner, written);
        if (flow == Flow.On)
            target.Assign(scope, filters.Aggregate((Value)new TextValue(written.ToString()), (value, filter) => filter.Apply(value, inner)));
        return flow;
    }
}
