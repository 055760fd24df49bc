using Alignment.Reports.Tables;

namespace Alignment.Reports.Advice;

/// <summary>A sentence and the table cells it is computed from; every number with decimals in it stands in one of them.</summary>
public sealed record Finding(string Text, params IReadOnlyList<Source> Sources);

/// <summary>What to use with a budget.</summary>
/// <param name="Trials">Runs.</param>
/// <param name="Budget">The budget in words.</param>
/// <param name="Use">The method, or those that cannot be told apart.</param>
/// <param name="Because">Why.</param>
public sealed record BudgetAdvice(int Trials, string Budget, IReadOnlyList<string> Use, Finding Because)
{
    /// <summary>One method is ahead of every other beyond the noise.</summary>
    public bool HasWinner => Use.Count == 1;
}
