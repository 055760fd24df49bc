using static TorchSharp.torch;

namespace Alignment.Objectives;

/// <summary>
/// DPO without a reference model: −log S(β(p_w − p_l)), that is DPO with a uniform reference (reference_free of DPO's code; Rafailov et al. 2024,
/// arXiv 2305.18290). Rewards are β·c where the pairs carry reference log-probs, as that code reports them, else β·p.
/// </summary>
/// <param name="Beta">Scale of the summed log-probs, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record DpoReferenceFree(double Beta) : Objective
{
    /// <summary>Scale of the summed log-probs, > 0.</summary>
    public double Beta { get; } = Positive(Beta, "DPO-reference-free", "beta");

    /// <inheritdoc/>
    public override string Name => "DPO-reference-free";

    /// <inheritdoc/>
    public override bool NeedsReference => false;

    /// <inheritdoc/>
    public override PairLosses Loss(PairLogProbs pairs)
    {
        using var scope = NewDisposeScope();
        bool compared = pairs.ReferenceChosen is not null;
        return PairLosses.Outward(Logistic.Loss((pairs.Chosen - pairs.Rejected) * Beta),
            (compared ? pairs.ChosenLogRatios() : pairs.Chosen) * Beta, (compared ? pairs.RejectedLogRatios() : pairs.Rejected) * Beta);
    }
}
