using static TorchSharp.torch;

namespace Alignment.Objectives;

/// <summary>
/// Anchored preference optimisation for a policy that is better than the chosen responses: S(βc_w) + 1 − S(βΔ), which lowers both responses, the rejected
/// one more (D'Oosterlinck et al. 2024, arXiv 2408.06266, eq. 8); TRL's "apo_down". Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record ApoDown(double Beta) : Objective
{
    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Positive(Beta, "APO-down", "beta");

    /// <inheritdoc/>
    public override string Name => "APO-down";

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    public override PairLosses Loss(PairLogProbs pairs)
    {
        using var scope = NewDisposeScope();
        Tensor chosen = pairs.ChosenLogRatios() * Beta, rejected = pairs.RejectedLogRatios() * Beta;
        return PairLosses.Outward(sigmoid(chosen) + sigmoid(rejected - chosen), chosen, rejected);
    }
}
