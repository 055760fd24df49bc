namespace Alignment.Training;

/// <summary>A loss or gradient became NaN or infinite; the run stops before the weights are touched.</summary>
public sealed class NonFiniteLossException : Exception
{
    /// <summary>Names what became non-finite, where, in which rows, and the last finite values.</summary>
    /// <param name="what">"loss" or "gradient norm", with its value.</param>
    /// <param name="stage">"SFT" or the objective's name.</param>
    /// <param name="step">1-based optimiser step.</param>
    /// <param name="sources">Where the rows of the batch come from.</param>
    /// <param name="last">The last finite step, or null.</param>
    public NonFiniteLossException(string what, string stage, long step, IReadOnlyList<string> sources, StepRow? last)
        : base(FormattableString.Invariant($"{stage} step {step}: the {what}; ")
            + (last == null ? "no step was finite before; " : FormattableString.Invariant(
                $"last finite values: step {last.Step}, loss {last.Loss}, grad_norm {last.GradientNorm}, learning_rate {last.LearningRate}; "))
            + $"rows of the batch: {string.Join(", ", sources)}")
    {
        Step = step;
        Sources = sources;
    }

    /// <summary>1-based optimiser step.</summary>
    public long Step { get; }

    /// <summary>Where the rows of the batch come from.</summary>
    public IReadOnlyList<string> Sources { get; }
}
