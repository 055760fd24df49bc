using Alignment.Tokenization.Templates.Operations;
using Alignment.Tokenization.Templates.Values;

namespace Alignment.Tokenization.Templates.Nodes;

/// <summary>Arithmetic between two values: + - * / // % **.</summary>
internal sealed class BinaryOperator(string sign, Expression left, Expression right) : Expression
{
    /// <inheritdoc/>
    protected override Value Compute(Scope scope)
    {
        (Value a, Value b) = (left.Evaluate(scope), right.Evaluate(scope));
        return sign switch
        {
            "+" => Arithmetic.Add(a, b, scope.Budget),
            "-" => Arithmetic.Subtract(a, b),
            "*" => Arithmetic.Multiply(a, b, scope.Budget),
            "/" => Arithmetic.Divide(a, b),
            "//" => Arithmetic.FloorDivide(a, b),
            "%" => Arithmetic.Modulo(a, b, scope.Budget),
            _ => Arithmetic.Power(a, b),
        };
    }
}

/// <summary>-value or +value.</summary>
internal sealed class SignOperator(bool minus, Expression value) : Expression
{
    /// <inheritdoc/>
    protected override Value Compute(Scope scope) => Arithmetic.Signed(value.Evaluate(scope), minus);
}

/// <summary>a ~ b: texts of all values, one after the other.</summary>
internal sealed class Concatenation(IReadOnlyList<Expression> parts) : Expression
{
    /// <inheritdoc/>
    protected override Value Compute(Scope scope)
    {
        string[] texts = [.. parts.Select(part => part.Evaluate(scope).Str(scope.Budget))];
        scope.Budget.Characters(texts.Sum(text => (long)text.Length));
        return new TextValue(string.Concat(texts));
    }
}

/// <summary>not value.</summary>
internal sealed class Negation(Expression value) : Expression
{
    /// <inheritdoc/>
    protected override Value Compute(Scope scope) => BoolValue.Of(!value.Evaluate(scope).IsTrue);
}

/// <summary>a and b, a or b: the value that decides.</summary>
internal sealed class Junction(bool isAnd, Expression left, Expression right) : Expression
{
    /// <inheritdoc/>
    protected override Value Compute(Scope scope) => left.Evaluate(scope) is var first && first.IsTrue == isAnd ? right.Evaluate(scope) : first;
}

/// <summary>a if condition else b.</summary>
internal sealed class Conditional(Expression condition, Expression then, Expression? otherwise, int line) : Expression
{
    /// <inheritdoc/>
    protected override Value Compute(Scope scope) => condition.Evaluate(scope).IsTrue ? then.Evaluate(scope) : otherwise?.Evaluate(scope)
        ?? new UndefinedValue($"the inline if-expression on line {line} evaluated to false and no else section was defined.");
}

/// <summary>a &lt; b &lt;= c: all of them hold, each value computed once.</summary>
internal sealed class Comparison(Expression first, IReadOnlyList<(string Sign, Expression Value)> others) : Expression
{
    /// <inheritdoc/>
    protected override Value Compute(Scope scope)
    {
        Value left = first.Evaluate(scope);
        foreach ((string sign, Expression other) in others)
        {
            Value right = other.Evaluate(scope);
            if (!Holds(sign, left, right, scope.Budget))
                return BoolValue.False;
            left = right;
        }

        return BoolValue.True;
    }

    private static bool Holds(string sign, Value left, Value right, Budget budget) => sign switch
    {
        "==" => Equality.Same(left, right, budget),
        "!=" => !Equality.Same(left, right, budget),
        "<" => Ordering.Compare(left, right, budget) < 0,
        "<=" => Ordering.Compare(left, right, budget) <= 0,
        ">" => Ordering.Compare(left, right, budget) > 0,
        ">=" => Ordering.Compare(left, right, budget) >= 0,
        "in" => Containment.Has(right, left, budget),
        _ => !Containment.Has(right, left, budget),
    };
}
