using static TorchSharp.torch;

namespace Alignment.Objectives;

/// <summary>
/// Noise contrastive alignment, pair form: −log S(βc_w) − ½ log S(−βc_w) − ½ log S(−βc_l) (Chen et al. 2024, arXiv 2402.05369); TRL's "nca_pair".
/// Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record Nca(double Beta) : Objective
{
    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Positive(Beta, "NCA", "beta");

    /// <inheritdoc/>
    public override string Name => "NCA";

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    public override PairLosses Loss(PairLogProbs pairs)
    {
        using var scope = NewDisposeScope();
        Tensor chosen = pairs.ChosenLogRatios() * Beta, rejected = pairs.RejectedLogRatios() * Beta;
        Tensor losses = Logistic.Loss(chosen) + 0.5 * Logistic.Loss(-chosen) + 0.5 * Logistic.Loss(-rejected);
        return PairLosses.Outward(losses, chosen, rejected);
    }
}
