using Alignment.Files;
using static TorchSharp.torch;

namespace Alignment.Objectives;

/// <summary>
/// AlphaPO: SimPO on bent rewards, −log S(β(u(a_w) − u(a_l)) − γ) with u(a) = (1 − e^(−αa))/α and a = p/n (Gupta et al. 2025, arXiv 2501.03884, eq. 6; TRL's
/// "alphapo"); no reference model. α → 0 is SimPO. An exponent −αa above 80 counts as 80, beyond which float32 has no number. Rewards are β·u(a).
/// </summary>
/// <param name="Beta">Scale of the rewards, > 0.</param>
/// <param name="Gamma">Target margin of the scaled rewards, ≥ 0.</param>
/// <param name="Alpha">α, the bend: above 0 unlikely responses are pushed harder, below 0 likely ones; the paper finds 0.1 to 0.25.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0, gamma not one ≥ 0, or alpha not finite.</exception>
public sealed record AlphaPo(double Beta, double Gamma, double Alpha) : PairwiseObjective
{
    private const double HighestExponent = 80;

    internal static Declaration Declared { get; } = new("AlphaPO", at => new AlphaPo(at(nameof(Beta)), at(nameof(Gamma)), at(nameof(Alpha))),
        Hyperparameter.Beta, Hyperparameter.Gamma, new("alpha", "a", NumberRule.Finite) { Symbol = "α" });

    /// <summary>Scale of the rewards, > 0.</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <summary>Target margin of the scaled rewards, ≥ 0.</summary>
    public double Gamma { get; } = Declared.Checked(Gamma, nameof(Gamma));

    /// <summary>α, the bend of the rewards.</summary>
    public double Alpha { get; } = Declared.Checked(Alpha, nameof(Alpha));

    /// <inheritdoc/>
    public override string Name => Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsReference => false;

    /// <inheritdoc/>
    private protected override PairTerms Of(PairSums pair)
    {
        Sides means = pair.Means;
        Tensor chosen = Bent(means.Chosen) * Beta, rejected = Bent(means.Rejected) * Beta;
        ScalarType type = means.ChosenValue.dtype;
        return new(Logistic.Loss(chosen - rejected - Gamma), Sides.Of(chosen.detach().to(type), rejected.detach().to(type)));
    }

    // expm1 keeps the digits where alpha is small
    private Tensor Bent(Tensor mean) => Alpha == 0 ? mean : (mean * -Alpha).clamp_max(HighestExponent).expm1() / -Alpha;
}

/// <summary>
/// Simple alignment with perplexity: −e^(a_w) + e^(a_l) with a = p/n, the inverse perplexities of the two responses (Xiao et al. 2025, arXiv 2502.00883, eq. 7
/// and its code); no reference model and no hyperparameter. Rewards are a, as that code reports them.
/// </summary>
public sealed record SimPer : PairwiseObjective
{
    internal static Declaration Declared { get; } = new("SimPER", _ => new SimPer());

    /// <inheritdoc/>
    public override string Name => Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsReference => false;

    /// <inheritdoc/>
    private protected override PairTerms Of(PairSums pair)
    {
        Sides means = pair.Means;
        return new(means.Rejected.exp() - means.Chosen.exp(), means);
    }
}
