using Alignment.Files;
using static TorchSharp.torch;

namespace Alignment.Objectives;

/// <summary>
/// A weighted sum of losses at one β, as TRL's DPO trainer takes it by lists loss_type and loss_weights; each loss is the objective of the same name here
/// (Wang et al. 2024, arXiv 2411.10442, mix sigmoid 0.8, bcoPair 0.2 and sft 1). "sft" is the NLL of the chosen responses, the mean over all tokens of the
/// optimiser batch (TRL takes what one pass holds). Of a loss that couples pairs, each pair is given the batch's mean. "wpo" is DPO's loss under WPO's weight; the other
/// losses are not weighted, where TRL's use_weighting weights all of a list, and "sft" by the batch's mean weight. Rewards are β·c.
/// </summary>
/// <param name="Beta">Strength of the pull to the reference, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record Mix(double Beta) : Objective
{
    internal static Declaration Declared { get; } = new("mix",
        at => new Mix(at(nameof(Beta)))
        {
            LabelSmoothing = at(nameof(LabelSmoothing)),
            Tau = at(nameof(Tau)),
            Sigmoid = at(nameof(Sigmoid)),
            SigmoidNorm = at(nameof(SigmoidNorm)),
            Hinge = at(nameof(Hinge)),
            Ipo = at(nameof(Ipo)),
            Robust = at(nameof(Robust)),
            ExoPair = at(nameof(ExoPair)),
            NcaPair = at(nameof(NcaPair)),
            BcoPair = at(nameof(BcoPair)),
            SppoHard = at(nameof(SppoHard)),
            ApoZero = at(nameof(ApoZero)),
            ApoDown = at(nameof(ApoDown)),
            Discopop = at(nameof(Discopop)),
            Aot = at(nameof(Aot)),
            AotUnpaired = at(nameof(AotUnpaired)),
            Wpo = at(nameof(Wpo)),
            Sft = at(nameof(Sft)),
        }.Whole(),
        Hyperparameter.Beta, Weight("sigmoid", "sig") with { Default = 1 },
        Weight("sigmoidNorm", "sgn"), Weight("hinge", "hin"), Weight("ipo", "ipo"), Weight("robust", "rob"), Weight("exoPair", "exo"),
        Weight("ncaPair", "nca"), Weight("bcoPair", "bco"), Weight("sppoHard", "spp"), Weight("apoZero", "apz"), Weight("apoDown", "apd"),
        Weight("discopop", "dis"), Weight("aot", "aot"), Weight("aotUnpaired", "aou"), Weight("wpo", "wpo"), Weight("sft", "sft"),
        Hyperparameter.LabelSmoothing.Or(0), Hyperparameter.Tau);

    /// <summary>Strength of the pull to the reference, > 0.</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <summary>Weight of DPO's loss, ≥ 0; 1 where it is left out.</summary>
    public double Sigmoid { get; init => field = Declared.Checked(value, nameof(Sigmoid)); } = Declared.Default(nameof(Sigmoid));

    /// <summary>Weight of LN-DPO's loss, ≥ 0.</summary>
    public double SigmoidNorm { get; init => field = Declared.Checked(value, nameof(SigmoidNorm)); } = Declared.Default(nameof(SigmoidNorm));

    /// <summary>Weight of hinge's loss, ≥ 0.</summary>
    public double Hinge { get; init => field = Declared.Checked(value, nameof(Hinge)); } = Declared.Default(nameof(Hinge));

    /// <summary>Weight of IPO's loss, ≥ 0.</summary>
    public double Ipo { get; init => field = Declared.Checked(value, nameof(Ipo)); } = Declared.Default(nameof(Ipo));

    /// <summary>Weight of robust-DPO's loss, ≥ 0.</summary>
    public double Robust { get; init => field = Declared.Checked(value, nameof(Robust)); } = Declared.Default(nameof(Robust));

    /// <summary>Weight of EXO's loss, ≥ 0.</summary>
    public double ExoPair { get; init => field = Declared.Checked(value, nameof(ExoPair)); } = Declared.Default(nameof(ExoPair));

    /// <summary>Weight of NCA's loss, ≥ 0.</summary>
    public double NcaPair { get; init => field = Declared.Checked(value, nameof(NcaPair)); } = Declared.Default(nameof(NcaPair));

    /// <summary>Weight of BCO's loss, ≥ 0.</summary>
    public double BcoPair { get; init => field = Declared.Checked(value, nameof(BcoPair)); } = Declared.Default(nameof(BcoPair));

    /// <summary>Weight of SPPO's loss, ≥ 0.</summary>
    public double SppoHard { get; init => field = Declared.Checked(value, nameof(SppoHard)); } = Declared.Default(nameof(SppoHard));

    /// <summary>Weight of APO-zero's loss, ≥ 0.</summary>
    public double ApoZero { get; init => field = Declared.Checked(value, nameof(ApoZero)); } = Declared.Default(nameof(ApoZero));

    /// <summary>Weight of APO-down's loss, ≥ 0.</summary>
    public double ApoDown { get; init => field = Declared.Checked(value, nameof(ApoDown)); } = Declared.Default(nameof(ApoDown));

    /// <summary>Weight of DiscoPOP's loss, ≥ 0.</summary>
    public double Discopop { get; init => field = Declared.Checked(value, nameof(Discopop)); } = Declared.Default(nameof(Discopop));

    /// <summary>Weight of AOT's loss, ≥ 0.</summary>
    public double Aot { get; init => field = Declared.Checked(value, nameof(Aot)); } = Declared.Default(nameof(Aot));

    /// <summary>Weight of AOT-unpaired's loss, ≥ 0.</summary>
    public double AotUnpaired { get; init => field = Declared.Checked(value, nameof(AotUnpaired)); } = Declared.Default(nameof(AotUnpaired));

    /// <summary>Weight of WPO's loss, ≥ 0.</summary>
    public double Wpo { get; init => field = Declared.Checked(value, nameof(Wpo)); } = Declared.Default(nameof(Wpo));

    /// <summary>Weight of the chosen tokens' mean NLL, ≥ 0.</summary>
    public double Sft { get; init => field = Declared.Checked(value, nameof(Sft)); } = Declared.Default(nameof(Sft));

    /// <summary>ε of the losses that have one in TRL's lists (robust, exoPair, aot, aotUnpaired), in [0, 0.5).</summary>
    public double LabelSmoothing { get; init => field = Declared.Checked(value, nameof(LabelSmoothing)); } = Declared.Default(nameof(LabelSmoothing));

    /// <summary>τ of discopop, > 0.</summary>
    public double Tau { get; init => field = Declared.Checked(value, nameof(Tau)); } = Declared.Default(nameof(Tau));

    /// <inheritdoc/>
    public override string Name => Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    public override bool CouplesPairs => Aot > 0 || AotUnpaired > 0;

    /// <inheritdoc/>
    public override bool NeedsCollisions => Wpo > 0;

    /// <inheritdoc/>
    public override PairLosses Loss(PairLogProbs pairs)
    {
        using var scope = NewDisposeScope();
        Tensor total = zeros_like(pairs.Chosen, ScalarType.Float64);
        if (Sft > 0)
            total += new PairSums(pairs).ChosenNll * Sft;
        foreach ((double weight, Objective part) in Parts())
        {
            Tensor losses = part.Loss(pairs).Losses.to(ScalarType.Float64);
            total += (part.CouplesPairs ? losses.mean() : losses) * weight;
        }
        return PairLosses.Outward(total.to(pairs.Chosen.dtype), pairs.ChosenLogRatios() * Beta, pairs.RejectedLogRatios() * Beta);
    }

    // those that count
    private IEnumerable<(double Weight, Objective Loss)> Parts() => new (double Weight, Func<Objective> Loss)[]
    {
        (Sigmoid, () => new Dpo(Beta)), (SigmoidNorm, () => new LnDpo(Beta)), (Hinge, () => new Hinge(Beta)), (Ipo, () => new Ipo(Beta)),
        (Robust, () => new RobustDpo(Beta, LabelSmoothing)), (ExoPair, () => new Exo(Beta, LabelSmoothing)), (NcaPair, () => new Nca(Beta)),
        (BcoPair, () => new Bco(Beta)), (SppoHard, () => new Sppo(Beta)), (ApoZero, () => new ApoZero(Beta)), (ApoDown, () => new ApoDown(Beta)),
        (Discopop, () => new DiscoPop(Beta) { Tau = Tau }), (Aot, () => new Aot(Beta) { LabelSmoothing = LabelSmoothing }),
        (AotUnpaired, () => new AotUnpaired(Beta) { LabelSmoothing = LabelSmoothing }), (Wpo, () => new Wpo(Beta)),
    }.Where(part => part.Weight > 0).Select(part => (part.Weight, part.Loss()));

    // what no value alone can be blamed for
    private Mix Whole() => Parts().Sum(part => part.Weight) + Sft > 0 ? this
        : throw new ArgumentOutOfRangeException(nameof(Sigmoid), "mix: every weight is 0, so that there is no loss: give one of them a number > 0");

    private static Hyperparameter Weight(string key, string letter) => new(key, letter, NumberRule.NotNegative) { Default = 0 };
}
