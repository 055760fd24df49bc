using Alignment.Files;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace Alignment.Objectives;

/// <summary>
/// Kahneman-Tversky optimisation on pairs: w_d(1 − S(β(c_w − z_l))) + w_u(1 − S(β(z_w − c_l))) (Ethayarajh et al. 2024, arXiv 2402.01306, eq. 7, as TRL
/// 0.8's "kto_pair", whose mean over 2 × pairs examples is half of ours). z_w = max(0, mean of c_w) and z_l = max(0, mean of c_l) over the optimiser batch:
/// each half takes its reference point from the other one's completions. The gradient flows through z as in that code; the paper holds z fixed.
/// Rewards are β·c. On responses that are labelled one by one it is <see cref="LabelledKto"/>.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record Kto(double Beta) : Objective
{
    internal static Declaration Declared { get; } = new("KTO", at => new Kto(at(nameof(Beta))) { DesirableWeight = at(nameof(DesirableWeight)), UndesirableWeight = at(nameof(UndesirableWeight)) },
        Hyperparameter.Beta, new("desirableWeight", "wd", NumberRule.Positive) { Default = 1 }, new("undesirableWeight", "wu", NumberRule.Positive) { Default = 1 });

    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <summary>w_d, the weight of chosen responses, > 0.</summary>
    public double DesirableWeight { get; init => field = Declared.Checked(value, nameof(DesirableWeight)); } = Declared.Default(nameof(DesirableWeight));

    /// <summary>w_u, the weight of rejected responses, > 0.</summary>
    public double UndesirableWeight { get; init => field = Declared.Checked(value, nameof(UndesirableWeight)); } = Declared.Default(nameof(UndesirableWeight));

    /// <inheritdoc/>
    public override string Name => Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    public override bool CouplesPairs => true;

    /// <inheritdoc/>
    internal override LabelledObjective OnLabels => new LabelledKto { Beta = Beta, DesirableWeight = DesirableWeight, UndesirableWeight = UndesirableWeight };

    /// <inheritdoc/>
    public override PairLosses Loss(PairLogProbs pairs)
    {
        using var scope = NewDisposeScope();
        Tensor chosen = pairs.ChosenLogRatios(), rejected = pairs.RejectedLogRatios();
        Tensor chosenPoint = chosen.mean().clamp_min(0), rejectedPoint = rejected.mean().clamp_min(0);
        Tensor losses = DesirableWeight * ((rejectedPoint - chosen) * Beta).sigmoid() + UndesirableWeight * ((rejected - chosenPoint) * Beta).sigmoid();
        return PairLosses.Outward(losses, chosen * Beta, rejected * Beta);
    }
}

/// <summary>
/// Binary classifier optimisation with the reward shift: −log S(βc_w − δ) − log S(−(βc_l − δ)) (Jung et al. 2024, arXiv 2404.04656). δ is the mean of
/// all rewards βc of the optimiser batch and carries no gradient. TRL 0.11 keeps a running mean over micro-batches instead; a batch's own mean needs no
/// state, so a run that goes on from a checkpoint is the same run, and equals TRL's first step. Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record BcoDelta(double Beta) : Objective
{
    internal static Declaration Declared { get; } = new("BCO-delta", at => new BcoDelta(at(nameof(Beta))), Hyperparameter.Beta);

    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <inheritdoc/>
    public override string Name => Declared.Name;

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

/// <summary>
/// Alignment by optimal transport, paired: the i-th smallest p_w − p_l of the optimiser batch is held against the i-th smallest r_w − r_l,
/// −log S(β(difference)) (Melnyk et al. 2024, arXiv 2406.05882); TRL's "aot". Losses come in sorted order; rewards are β·c of each pair.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record Aot(double Beta) : Objective
{
    internal static Declaration Declared { get; } = new("AOT", at => new Aot(at(nameof(Beta))) { LabelSmoothing = at(nameof(LabelSmoothing)) },
        Hyperparameter.Beta, Hyperparameter.LabelSmoothing.Or(0));

    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <summary>ε, the probability of a wrong label, in [0, 0.5).</summary>
    public double LabelSmoothing { get; init => field = Declared.Checked(value, nameof(LabelSmoothing)); } = Declared.Default(nameof(LabelSmoothing));

    /// <inheritdoc/>
    public override string Name => Declared.Name;

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
        return PairLosses.Outward(Logistic.Loss((policy - reference) * Beta, LabelSmoothing), chosen * Beta, rejected * Beta);
    }

    /// <summary>[pairs] in ascending order, equal values as they stood.</summary>
    internal static Tensor Ascending(Tensor values) => values.sort(dim: 0, descending: false, stable: true).Values;
}

/// <summary>
/// Alignment by optimal transport, unpaired: the i-th smallest c_w of the optimiser batch is held against its i-th smallest c_l, −log S(β(difference))
/// (Melnyk et al. 2024, arXiv 2406.05882); TRL's "aot_unpaired" ("aot_pair" before 0.20). Losses come in sorted order; rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record AotUnpaired(double Beta) : Objective
{
    internal static Declaration Declared { get; } = new("AOT-unpaired", at => new AotUnpaired(at(nameof(Beta))) { LabelSmoothing = at(nameof(LabelSmoothing)) },
        Hyperparameter.Beta, Hyperparameter.LabelSmoothing.Or(0));

    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <summary>ε, the probability of a wrong label, in [0, 0.5).</summary>
    public double LabelSmoothing { get; init => field = Declared.Checked(value, nameof(LabelSmoothing)); } = Declared.Default(nameof(LabelSmoothing));

    /// <inheritdoc/>
    public override string Name => Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    public override bool CouplesPairs => true;

    /// <inheritdoc/>
    public override PairLosses Loss(PairLogProbs pairs)
    {
        using var scope = NewDisposeScope();
        Tensor chosen = pairs.ChosenLogRatios(), rejected = pairs.RejectedLogRatios();
        Tensor losses = Logistic.Loss((Aot.Ascending(chosen) - Aot.Ascending(rejected)) * Beta, LabelSmoothing);
        return PairLosses.Outward(losses, chosen * Beta, rejected * Beta);
    }
}
