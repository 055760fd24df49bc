using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Nodes;

/// <summary>How a statement ended.</summary>
internal enum Flow
{
    /// <summary>The next one follows.</summary>
    On,

    /// <summary>The loop around it is left.</summary>
    Break,

    /// <summary>The loop around it goes on with its next item.</summary>
    Continue,
}

/// <summary>What writes text or sets names.</summary>
internal abstract class Statement(int line)
{
    /// <summary>Runs it.</summary>
    /// <exception cref="TemplateException">The template fails, or refuses the conversation.</exception>
    public Flow Render(Scope scope, BoundedText output)
    {
        scope.Budget.Step();
        scope.Budget.Line = line;
        return Run(scope, output);
    }

    /// <summary>Runs statements one after the other until one leaves the loop around them.</summary>
    public static Flow All(IReadOnlyList<Statement> body, Scope scope, BoundedText output)
    {
        foreach (Statement statement in body)
            if (statement.Render(scope, output) is var flow and not Flow.On)
                return flow;
        return Flow.On;
    }

    /// <summary>What the kind of statement does.</summary>
    protected abstract Flow Run(Scope scope, BoundedText output);
}

/// <summary>break or continue.</summary>
internal sealed class Jump(Flow flow, int line) : Statement(line)
{
    /// <inheritdoc/>
    protected override Flow Run(Scope scope, BoundedText output) => flow;
}

/// <summary>Text outside of tags.</summary>
internal sealed class PlainText(string text, int line) : Statement(line)
{
    /// <inheritdoc/>
    protected override Flow Run(Scope scope, BoundedText output)
    {
        output.Add(text);
        return Flow.On;
    }
}

/// <summary>{{ value }}, and print with several.</summary>
internal sealed class Output(IReadOnlyList<Expression> values, int line) : Statement(line)
{
    /// <inheritdoc/>
    protected override Flow Run(Scope scope, BoundedText output)
    {
        foreach (Expression value in values)
            output.Add(value.Evaluate(scope).Str(scope.Budget));
        return Flow.On;
    }
}
