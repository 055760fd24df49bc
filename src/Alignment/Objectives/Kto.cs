using static TorchSharp.torch;

namespace Alignment.Objectives;

/// <summary>
/// Kahneman-Tversky optimisation on pairs: w_d(1 − S(β(c_w − z_l))) + w_u(1 − S(β(z_w − c_l))) (Ethayarajh et al. 2024, arXiv 2402.01306, eq. 7, as TRL
/// 0.8's "kto_pair", whose mean over 2 × pairs examples is half of ours). z_w = max(0, mean of c_w) and z_l = max(0, mean of c_l) over the optimiser batch:
/// each half takes its reference point from the other one's completions. The gradient flows through z as in that code; the paper holds z fixed.
/// Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record Kto(double Beta) : Objective
{
    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Positive(Beta, "KTO", "beta");

    /// <summary>w_d, the weight of chosen responses, > 0.</summary>
    public double DesirableWeight { get; init => field = Positive(value, Name, "desirableWeight"); } = 1;

    /// <summary>w_u, the weight of rejected responses, > 0.</summary>
    public double UndesirableWeight { get; init => field = Positive(value, Name, "undesirableWeight"); } = 1;

    /// <inheritdoc/>
    public override string Name => "KTO";

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    public override bool CouplesPairs => true;

    /// <inheritdoc/>
    public override PairLosses Loss(PairLogProbs pairs)
    {
        using var scope = NewDisposeScope();
        Tensor chosen = pairs.ChosenLogRatios(), rejected = pairs.RejectedLogRatios();
        Tensor chosenPoint = chosen.mean().clamp_min(0), rejectedPoint = rejected.mean().clamp_min(0);
        Tensor losses = DesirableWeight * sigmoid((rejectedPoint - chosen) * Beta) + UndesirableWeight * sigmoid((rejected - chosenPoint) * Beta);
        return PairLosses.Outward(losses, chosen * Beta, rejected * Beta);
    }
}
