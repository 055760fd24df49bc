using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace Alignment.Objectives;

/// <summary>
/// Binary classifier optimisation with the reward shift: −log S(βc_w − δ) − log S(−(βc_l − δ)) (Jung et al. 2024, arXiv 2404.04656). δ is the mean of
/// all rewards βc of the optimiser batch and carries no gradient. TRL 0.11 keeps a running mean over micro-batches instead; a batch's own mean needs no
/// state, so a run that goes on from a checkpoint is the same run, and equals TRL's first step. Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record BcoDelta(double Beta) : Objective
{
    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Positive(Beta, "BCO-delta", "beta");

    /// <inheritdoc/>
    public override string Name => "BCO-delta";

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    public override bool CouplesPairs => true;

    /// <inheritdoc/>
    public override PairLosses Loss(PairLogProbs pairs)
    {
        using var scope = NewDisposeScope();
        Tensor chosen = pairs.ChosenLogRatios() * Beta, rejected = pairs.RejectedLogRatios() * Beta;
        Tensor delta = ((chosen.mean() + rejected.mean()) / 2).detach();
        return PairLosses.Outward(-logsigmoid(chosen - delta) - logsigmoid(delta - rejected), chosen, rejected);
    }
}
