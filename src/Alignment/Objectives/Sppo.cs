using static TorchSharp.torch;

namespace Alignment.Objectives;

/// <summary>
/// Self-play preference optimisation, hard labels: (c_w − 1/(2β))² + (c_l + 1/(2β))² (Wu et al. 2024, arXiv 2405.00675, eq. 4.7 with P = 1 and 0);
/// TRL's "sppo_hard". Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference (1/η in the paper), > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record Sppo(double Beta) : Objective
{
    /// <summary>Strength of the pull to the reference (1/η in the paper), > 0.</summary>
    public double Beta { get; } = Positive(Beta, "SPPO", "beta");

    /// <inheritdoc/>
    public override string Name => "SPPO";

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    public override PairLosses Loss(PairLogProbs pairs)
    {
        using var scope = NewDisposeScope();
        Tensor chosen = pairs.ChosenLogRatios(), rejected = pairs.RejectedLogRatios();
        Tensor losses = (chosen - 0.5 / Beta).square() + (rejected + 0.5 / Beta).square();
        return PairLosses.Outward(losses, chosen * Beta, rejected * Beta);
    }
}
