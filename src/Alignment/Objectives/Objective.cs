namespace Alignment.Objectives;

/// <summary>A preference objective: log-probabilities of pairs in, one loss per pair out. The batch loss is the mean over pairs.</summary>
public abstract record Objective
{
    /// <summary>The method's name as in recipes and tables, such as "LN-DPO".</summary>
    public abstract string Name { get; }

    /// <summary>The loss needs the log-probabilities of the reference model.</summary>
    public abstract bool NeedsReference { get; }

    /// <summary>
    /// A pair's loss depends on the other pairs of its batch (through a mean or an order). The batch is then always the optimiser's: the trainer
    /// takes the loss on it as a whole, however it is cut into micro-batches.
    /// </summary>
    public virtual bool CouplesPairs => false;

    /// <summary>The loss also needs the sums over the first min(n_w, n_l) tokens of both responses.</summary>
    public virtual bool NeedsSharedSums => false;

    /// <summary>Losses and rewards of each pair; differentiable with respect to the policy's sums.</summary>
    /// <exception cref="ArgumentException">The objective needs sums that the pairs do not have, such as the reference's.</exception>
    public abstract PairLosses Loss(PairLogProbs pairs);

    internal static double Positive(double value, string objective, string name) =>
        double.IsFinite(value) && value > 0 ? value : throw Impossible(value, objective, name, "a finite number > 0");

    internal static double NotNegative(double value, string objective, string name) =>
        double.IsFinite(value) && value >= 0 ? value : throw Impossible(value, objective, name, "a finite number >= 0");

    internal static double Fraction(double value, string objective, string name) =>
        value is >= 0 and <= 1 ? value : throw Impossible(value, objective, name, "a number >= 0 and <= 1");

    // the probability of a wrong label: at one half a label would say nothing
    internal static double Smoothing(double value, string objective) =>
        value is >= 0 and < 0.5 ? value : throw Impossible(value, objective, "labelSmoothing", "a number >= 0 and < 0.5");

    internal static double PositiveSmoothing(double value, string objective) =>
        value is > 0 and < 0.5 ? value : throw Impossible(value, objective, "labelSmoothing", "a number > 0 and < 0.5");

    private static ArgumentOutOfRangeException Impossible(double value, string objective, string name, string wanted) =>
        new(name, FormattableString.Invariant($"{objective}: {name} must be {wanted}, was {value}"));
}
