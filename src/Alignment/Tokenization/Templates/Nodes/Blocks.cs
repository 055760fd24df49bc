using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Nodes;

/// <summary>if … elif … else … endif.</summary>
internal sealed class Branches(IReadOnlyList<(Expression Condition, IReadOnlyList<Statement> Body)> branches, IReadOnlyList<Statement> otherwise, int line) : Statement(line)
{
    /// <inheritdoc/>
    protected override Flow Run(Scope scope, BoundedText output)
    {
        foreach ((Expression condition, IReadOnlyList<Statement> body) in branches)
            if (condition.Evaluate(scope).IsTrue)
                return All(body, scope, output);
        return All(otherwise, scope, output);
    }
}

/// <summary>with … endwith: a body with names of its own.</summary>
internal sealed class ScopedBlock(IReadOnlyList<(Target Target, Expression Value)> names, IReadOnlyList<Statement> body, int line) : Statement(line)
{
    /// <inheritdoc/>
    protected override Flow Run(Scope scope, BoundedText output)
    {
        Scope inner = scope.Inner();
        foreach ((Target target, Expression value) in names)
            target.Assign(inner, value.Evaluate(scope));
        return All(body, inner, output);
    }
}

/// <summary>generation … endgeneration: what the model is to write.</summary>
internal sealed class GenerationBlock(IReadOnlyList<Statement> body, int line) : Statement(line)
{
    /// <inheritdoc/>
    protected override Flow Run(Scope scope, BoundedText output)
    {
        output.Generated.Add(output.Length);
        return All(body, scope.Inner(), output);
    }
}

/// <summary>filter name … endfilter: what the body writes, filtered.</summary>
internal sealed class FilterBlock(IReadOnlyList<FilterCall> filters, IReadOnlyList<Statement> body, int line) : Statement(line)
{
    /// <inheritdoc/>
    protected override Flow Run(Scope scope, BoundedText output)
    {
        Scope inner = scope.Inner();
        BoundedText written = new(scope.Budget);
        Flow flow = All(body, inner, written);
        if (flow == Flow.On)
            output.Add(filters.Aggregate((Value)new TextValue(written.ToString()), (value, filter) => filter.Apply(value, inner)).Str(scope.Budget));
        return flow;
    }
}

/// <summary>call(parameters) macro(arguments) … endcall: the macro gets the body as caller().</summary>
internal sealed class CallBlock(Call call, MacroBody body, int line) : Statement(line)
{
    /// <inheritdoc/>
    protected override Flow Run(Scope scope, BoundedText output)
    {
        output.Add(call.Invoke(scope, [KeyValuePair.Create("caller", (Value)body.In(scope))]).Str(scope.Budget));
        return Flow.On;
    }
}
