using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace Alignment.Objectives;

/// <summary>An objective whose loss of a pair depends on that pair alone: one formula.</summary>
public abstract record PairwiseObjective : Objective
{
    /// <inheritdoc/>
    public sealed override bool CouplesPairs => false;

    /// <inheritdoc/>
    public sealed override PairLosses Loss(PairLogProbs pairs)
    {
        pairs.Require(this);
        using var scope = NewDisposeScope();
        (Tensor loss, Sides rewards) = Of(new PairSums(Prepared(pairs)));
        ScalarType type = pairs.Chosen.dtype;
        return new(loss.to(type).MoveToOuterDisposeScope(), rewards.ChosenValue.MoveToOuterDisposeScope(), rewards.RejectedValue.MoveToOuterDisposeScope());
    }

    /// <summary>The formula: loss and rewards of each pair.</summary>
    private protected abstract PairTerms Of(PairSums pair);

    /// <summary>The sums that the formula takes, made from those of the pairs.</summary>
    private protected virtual PairLogProbs Prepared(PairLogProbs pairs) => pairs;
}

/// <summary>What a formula says of each pair.</summary>
/// <param name="Loss">The loss, [pairs].</param>
/// <param name="Rewards">The objective's own implicit rewards.</param>
internal sealed record PairTerms(Tensor Loss, Sides Rewards);

/// <summary>The logistic loss that most objectives share.</summary>
internal static class Logistic
{
    /// <summary>−log S(x); finite up to ±1e30 in float32.</summary>
    public static Tensor Loss(Tensor logit) => logsigmoid(logit).neg_();

    /// <summary>−(1−ε) log S(x) − ε log S(−x): the label is wrong with probability ε. At ε = 0 one term: with both, x = ∞ would give 0·∞.</summary>
    public static Tensor Loss(Tensor logit, double smoothing) => smoothing == 0 ? Loss(logit)
        : logsigmoid(logit) * -(1 - smoothing) - logsigmoid(-logit) * smoothing;
}
