using static TorchSharp.torch;

namespace Alignment.Objectives;

/// <summary>
/// Alignment by optimal transport, paired: the i-th smallest p_w − p_l of the optimiser batch is held against the i-th smallest r_w − r_l,
/// −log S(β(difference)) (Melnyk et al. 2024, arXiv 2406.05882); TRL's "aot". Losses come in sorted order; rewards are β·c of each pair.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record Aot(double Beta) : Objective
{
    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Positive(Beta, "AOT", "beta");

    /// <summary>ε, the probability of a wrong label, in [0, 0.5).</summary>
    public double LabelSmoothing { get; init => field = Smoothing(value, Name); }

    /// <inheritdoc/>
    public override string Name => "AOT";

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    public override bool CouplesPairs => true;

    /// <inheritdoc/>
    public override PairLosses Loss(PairLogProbs pairs)
    {
        using var scope = NewDisposeScope();
        Tensor chosen = pairs.ChosenLogRatios(), rejected = pairs.RejectedLogRatios();
        Tensor policy = Ascending(pairs.Chosen - pairs.Rejected), reference = Ascending(pairs.ReferenceChosen! - pairs.ReferenceRejected!);
        return PairLosses.Outward(Logistic.Loss(new TensorNumber((policy - reference) * Beta), LabelSmoothing).Value, chosen * Beta, rejected * Beta);
    }

    /// <summary>[pairs] in ascending order, equal values as they stood.</summary>
    internal static Tensor Ascending(Tensor values) => values.sort(dim: 0, descending: false, stable: true).Values;
}
