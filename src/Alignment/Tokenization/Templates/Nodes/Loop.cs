using Alignment.Tokenization.Templates.Operations;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Nodes;

/// <summary>for target in items if condition … else … endfor.</summary>
internal sealed class Loop(int line) : Statement(line)
{
    /// <summary>What each item is assigned to.</summary>
    public required Target Target { get; init; }

    /// <summary>What is looped over.</summary>
    public required Expression Items { get; init; }

    /// <summary>Which items are taken; null: all.</summary>
    public required Expression? Condition { get; init; }

    /// <summary>What is done with each.</summary>
    public required IReadOnlyList<Statement> Body { get; init; }

    /// <summary>What is done where there is none.</summary>
    public required IReadOnlyList<Statement> Otherwise { get; init; }

    /// <summary>The body may call loop(items).</summary>
    public required bool IsRecursive { get; init; }

    /// <inheritdoc/>
    protected override Flow Run(Scope scope, BoundedText output) => Over(Items.Evaluate(scope), 0, scope, output);

    // how the else part ended, which belongs to the loop around this one
    private Flow Over(Value value, int depth, Scope scope, BoundedText output)
    {
        Budget.Nest(depth);
        IEnumerable<Value> items = Iteration.Of(value, scope.Budget);
        LoopValue loop = new(Condition == null ? items : items.Where(item => IsTaken(item, scope)), depth, IsRecursive ? (inner, level) => Written(inner, level, scope) : null);
        bool done = false; // as in Jinja, where the else part follows a loop that break or continue left in every round, too
        while (loop.Next() is { } item)
        {
            Scope body = scope.Inner();
            body.Set("loop", loop);
            Target.Assign(body, item);
            Flow flow = All(Body, body, output);
            if (flow == Flow.Break)
                break;
            done |= flow == Flow.On;
        }

        return done ? Flow.On : All(Otherwise, scope.Inner(), output);
    }

    private TextValue Written(Value items, int depth, Scope scope)
    {
        BoundedText written = new(scope.Budget);
        Over(items, depth, scope, written);
        return new(written.ToString());
    }

    private bool IsTaken(Value item, Scope scope)
    {
        Scope inner = scope.Inner();
        Target.Assign(inner, item);
        return Condition!.Evaluate(inner).IsTrue;
    }
}
