using Alignment.Files;
using static TorchSharp.torch;

namespace Alignment.Objectives;

/// <summary>
/// ε-DPO, an adaptive pull to the reference: −log S(β_i Δ) with β_i = β/(1 + ε s_i), s_i = 1 where the pair's margin rises as the policy goes on away from the
/// reference by a share ε of its logits' way and falls as it goes back, −1 where the other way round, else 0; after each optimiser step β ← β/(1 + ε·mean of s)
/// (Lee et al. 2025, arXiv 2502.13177, and its code). Rewards are β_i·c.
/// </summary>
/// <param name="Beta">The first β, > 0.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0.</exception>
public sealed record EpsilonDpo(double Beta) : PairwiseObjective
{
    internal static Declaration Declared { get; } = new("epsilon-DPO", at => new EpsilonDpo(at(nameof(Beta))) { Epsilon = at(nameof(Epsilon)) },
        Hyperparameter.Beta, new("epsilon", "ep", NumberRule.PositiveBelowHalf) { Symbol = "ε", Default = 0.01 });

    /// <summary>The first β, > 0.</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <summary>ε, the size of a step, in (0, 0.5).</summary>
    public double Epsilon { get; init => field = Declared.Checked(value, nameof(Epsilon)); } = Declared.Default(nameof(Epsilon));

    /// <inheritdoc/>
    public override string Name => Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    internal override double? KlStep => Epsilon;

    /// <inheritdoc/>
    internal override IReadOnlyList<(string Name, double First)> RunningNumbers => [("beta", Beta)];

    /// <inheritdoc/>
    internal override IReadOnlyList<double> AfterSteps(IReadOnlyList<double> running, double meanStep) => [running[0] / (1 + Epsilon * meanStep)];

    /// <inheritdoc/>
    private protected override PairTerms Of(PairSums pair)
    {
        Tensor share = (1 + pair.KlSteps * Epsilon).to(pair.Policy.ChosenValue.dtype);
        Sides rewards = pair.LogRatios / new Constants(share, share) * (pair.Running?[0] ?? Beta);
        return new(Logistic.Loss(rewards.Margin), rewards);
    }
}
