using System.Runtime.CompilerServices;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Nodes;

/// <summary>What has a value.</summary>
internal abstract class Expression
{
    /// <summary>The value among the names of a scope.</summary>
    /// <exception cref="TemplateException">There is none.</exception>
    public Value Evaluate(Scope scope)
    {
        scope.Budget.Step();
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new TemplateException("nested too deeply");
        return Compute(scope);
    }

    /// <summary>What the kind of expression does.</summary>
    protected abstract Value Compute(Scope scope);
}
