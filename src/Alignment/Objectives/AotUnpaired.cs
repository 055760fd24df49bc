using static TorchSharp.torch;

namespace Alignment.Objectives;

/// <summary>
/// Alignment by optimal transport, unpaired: the i-th smallest c_w of the optimiser batch is held against its i-th smallest c_l, −log S(β(difference))
/// (Melnyk et al. 2024, arXiv 2406.05882); TRL's "aot_unpaired" ("aot_pair" before 0.20). Losses come in sorted order; rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record AotUnpaired(double Beta) : Objective
{
    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Positive(Beta, "AOT-unpaired", "beta");

    /// <summary>ε, the probability of a wrong label, in [0, 0.5).</summary>
    public double LabelSmoothing { get; init => field = Smoothing(value, Name); }

    /// <inheritdoc/>
    public override string Name => "AOT-unpaired";

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    public override bool CouplesPairs => true;

    /// <inheritdoc/>
    public override PairLosses Loss(PairLogProbs pairs)
    {
        using var scope = NewDisposeScope();
        Tensor chosen = pairs.ChosenLogRatios(), rejected = pairs.RejectedLogRatios();
        Tensor losses = Logistic.Loss(new TensorNumber((Aot.Ascending(chosen) - Aot.Ascending(rejected)) * Beta), LabelSmoothing).Value;
        return PairLosses.Outward(losses, chosen * Beta, rejected * Beta);
    }
}
