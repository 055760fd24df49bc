using Alignment.Files;
using static TorchSharp.torch;

namespace Alignment.Objectives;

/// <summary>
/// DPO with a β of each batch and unusual pairs left out (Wu et al. 2024, arXiv 2407.08639, and its code): with M = c_w − c_l of each pair of the optimiser
/// batch and the running mean m and standard deviation s of M, which start at 0 and take the batch in first, m ← μm + (1 − μ) mean(M), ⌊B(1 − ρ)⌋ pairs are
/// drawn without replacement with weights e^(−½((M − m)/s)²); the loss is the mean of −log S(β′M) over them, β′ = max(10⁻³, β(1 + α(mean(M drawn) − m)))
/// without a gradient. That code takes the statistics of what one pass of all GPUs holds, here it is the optimiser batch. Rewards are β·c.
/// </summary>
/// <param name="Beta">β where the drawn pairs are no further apart than those before, > 0.</param>
/// <param name="Alpha">α, how far β follows the drawn pairs, ≥ 0; 0.6 in the paper.</param>
/// <exception cref="ArgumentOutOfRangeException">Beta is not a finite number > 0, or alpha not one ≥ 0.</exception>
public sealed record BetaDpo(double Beta, double Alpha) : Objective
{
    private const double LeastBeta = 1e-3;
    private const double Rounding = 1e-4; // a deviation below it, nats, is that of sums of equal models

    internal static Declaration Declared { get; } = new("beta-DPO",
        at => new BetaDpo(at(nameof(Beta)), at(nameof(Alpha))) { FilterRatio = at(nameof(FilterRatio)), Momentum = at(nameof(Momentum)) },
        Hyperparameter.Beta, new("alpha", "a", NumberRule.NotNegative) { Symbol = "α" },
        new("filterRatio", "f", NumberRule.BelowOne) { Symbol = "ρ", Default = 0.2 }, new("momentum", "m", NumberRule.BelowOne) { Symbol = "μ", Default = 0.9 });

    /// <summary>β where the drawn pairs are no further apart than those before, > 0.</summary>
    public double Beta { get; } = Declared.Checked(Beta, nameof(Beta));

    /// <summary>α, how far β follows the drawn pairs, ≥ 0.</summary>
    public double Alpha { get; } = Declared.Checked(Alpha, nameof(Alpha));

    /// <summary>ρ, the share of a batch's pairs that is left out, in [0, 1); one pair stays in any case.</summary>
    public double FilterRatio { get; init => field = Declared.Checked(value, nameof(FilterRatio)); } = Declared.Default(nameof(FilterRatio));

    /// <summary>μ, how much of the running mean and deviation a batch leaves, in [0, 1).</summary>
    public double Momentum { get; init => field = Declared.Checked(value, nameof(Momentum)); } = Declared.Default(nameof(Momentum));

    /// <inheritdoc/>
    public override string Name => Declared.Name;

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <inheritdoc/>
    public override bool CouplesPairs => true;

    /// <inheritdoc/>
    internal override IReadOnlyList<(string Name, double First)> RunningNumbers => [("mean", 0), ("deviation", 0), ("batches", 0)];

    /// <inheritdoc/>
    public override PairLosses Loss(PairLogProbs pairs)
    {
        using var scope = NewDisposeScope();
        Tensor chosen = pairs.ChosenLogRatios(), rejected = pairs.RejectedLogRatios(), margins = chosen - rejected;
        double[] known = margins.detach().to(ScalarType.Float64).cpu().data<double>().ToArray();
        (double mean, double deviation, double batches) = pairs.Running is [double lastMean, double lastDeviation, double before] ? (lastMean, lastDeviation, before) : (0, 0, 0);
        (mean, deviation) = (Followed(mean, known.Average()), Followed(deviation, Deviation(known)));
        bool[] drawn = Drawn(known, mean, deviation, new SeededRandom(pairs.Seed, FormattableString.Invariant($"beta-DPO/{batches}")));
        double[] kept = [.. known.Where((_, i) => drawn[i])];
        double beta = Math.Max(LeastBeta, Beta * (1 + Alpha * (kept.Average() - mean)));
        double[] weights = [.. drawn.Select(isDrawn => isDrawn ? (double)known.Length / kept.Length : 0)]; // the batch's mean is that of the drawn pairs
        Tensor losses = Logistic.Loss(margins * beta) * tensor(weights, margins.dtype, margins.device);
        return PairLosses.Outward(losses, chosen * Beta, rejected * Beta) with { Running = [mean, deviation, batches + 1] };
    }

    private double Followed(double running, double batch) => Momentum * running + (1 - Momentum) * batch;

    // with n − 1; one pair does not tell
    private static double Deviation(double[] values)
    {
        double mean = values.Average();
        return values.Length == 1 ? 0 : Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
    }

    // the largest of log weight + Gumbel noise are a draw without replacement (Kool et al. 2019, arXiv 1903.06059); weights that a float would hold as 0 stay apart
    private bool[] Drawn(double[] margins, double mean, double deviation, SeededRandom random)
    {
        double[] keys = new double[margins.Length];
        for (int i = 0; i < margins.Length; i++)
        {
            double distance = deviation < Rounding ? 0 : (margins[i] - mean) / deviation;
            keys[i] = -0.5 * distance * distance - Math.Log(-Math.Log(1 - random.NextDouble()));
        }
        int count = Math.Max(1, (int)(margins.Length * (1 - FilterRatio)));
        bool[] drawn = new bool[margins.Length];
        foreach (int i in Enumerable.Range(0, margins.Length).OrderByDescending(i => keys[i]).Take(count))
            drawn[i] = true;
        return drawn;
    }
}
