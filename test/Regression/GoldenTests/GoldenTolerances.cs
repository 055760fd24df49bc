namespace Alignment.Tests.Regression;

/// <summary>The tolerances of the golden set's README, in one place.</summary>
internal static class GoldenTolerances
{
    // the absolute part is the rounding of a reference that is a difference of numbers near 1
    private static readonly Tolerance s_exact = new(1e-10, 1e-14), s_narrow = new(1e-5, 1e-6);

    /// <summary>dpo-trajectory.json: loss, and everything else that has the unit of a reward.</summary>
    public static Tolerance TrajectoryLoss { get; } = new(0, 2e-5);

    public static Tolerance SummedLogProbs { get; } = new(0, 1e-3);

    public static Tolerance MeanLogProbs { get; } = new(0, 1e-4);

    public static Tolerance TrajectoryGradientNorm { get; } = new(1e-4, 1e-6);

    public static Tolerance Schedule { get; } = new(1e-14, 0);

    /// <summary>Logits and log-probs of a model folder, float32 arithmetic.</summary>
    public static Tolerance Logits(string folder) => new(0, folder.StartsWith("qwen2", StringComparison.Ordinal) ? 2e-4 : 1e-4);

    /// <summary>Logits of a model that computes in bfloat16; the two references differ by 0.14.</summary>
    public static Tolerance BFloat16Logits { get; } = new(0, 0.25);

    /// <summary>Logits of a folder in GoldenModels, float32 arithmetic.</summary>
    public static Tolerance ModelLogits { get; } = new(0, 1e-4);

    /// <summary>There, logits of rows beyond the positions of the first training.</summary>
    public static Tolerance LongLogits { get; } = new(0, 2e-4);

    /// <summary>There, logits that are computed in bfloat16, against float32 arithmetic on the same weights.</summary>
    public static Tolerance NarrowLogits { get; } = new(0, 0.35);

    /// <summary>The mean distance of the same.</summary>
    public static Tolerance NarrowMean { get; } = new(0, 0.05);

    /// <summary>Two implementations in bfloat16, each as far from float32 as <see cref="NarrowLogits"/> allows.</summary>
    public static Tolerance NarrowLogitsOfBoth { get; } = new(0, 2 * 0.35);

    /// <summary>There, rewards.</summary>
    public static Tolerance DecoderRewards { get; } = new(0, 2e-5);

    /// <summary>There, hidden states of a reward model.</summary>
    public static Tolerance RewardHidden { get; } = new(0, 5e-5);

    /// <summary>Rotary frequencies.</summary>
    public static Tolerance Frequencies { get; } = new(1e-6, 0);

    /// <summary>Log-probs of greedy tokens.</summary>
    public static Tolerance GreedyLogProbs { get; } = new(0, 2e-4);

    /// <summary>Loss of a model folder's rows.</summary>
    public static Tolerance ModelLoss { get; } = new(0, 1e-5);

    /// <summary>A parameter's gradient, and everything computed from it: a share of its largest element.</summary>
    public static Tolerance Gradient(double largest) => new(0, 1e-4 * largest);

    /// <summary>Norm of a gradient.</summary>
    public static Tolerance GradientNorm { get; } = new(1e-4, 0);

    /// <summary>gptneox-rm-tiny: rewards and hidden states.</summary>
    public static Tolerance Rewards { get; } = new(0, 1e-4);

    /// <summary>metrics.json.</summary>
    public static Tolerance Metrics { get; } = new(1e-12, 1e-12);

    /// <summary>losses.json. exo_pair's ε and the running mean of bco_pair_running_delta are held in float32 there.</summary>
    public static Tolerance Losses(string type, string loss) => (type, loss) switch
    {
        ("float32", _) => s_narrow,
        (_, "exo_pair") => new(1e-7, 1e-14),
        (_, "bco_pair_running_delta") => new(1e-6, 1e-14),
        _ => s_exact,
    };

    /// <summary>logps.json; bf16 inputs are compared with the reference on the logits raised to float64.</summary>
    public static Tolerance LogProbs(string type) => new(0, type switch
    {
        "f64" => 1e-11,
        "f32" => 3e-5,
        "f32big" => 1e-3,
        "bf16" => 1e-4,
        _ => throw new NotSupportedException($"logps.json has a case in {type}"),
    });

    /// <summary>logps.json, the reference in the inputs' own type: in bf16 a sum is only good to about 0.3.</summary>
    public static Tolerance RoundedLogProbs(string type) => type == "bf16" ? new(0, 0.3) : LogProbs(type);

    /// <summary>optim.json.</summary>
    public static Tolerance Optimiser(string type) => type switch
    {
        "float64" => new(1e-12, 1e-15),
        "float32" => new(1e-6, 1e-9),
        _ => throw new NotSupportedException($"optim.json has a case in {type}"),
    };

    /// <summary>optim.json, AdamW's moments: sums of both signs, so each is as good as the rounding of the tensor's largest.</summary>
    public static Tolerance Moments(string type, double largest) => new(0, Optimiser(type).Relative * largest);

    /// <summary>sampling.json and sampling-bf16.json, probabilities: those of bfloat16 logits are formed in float32.</summary>
    public static Tolerance Probabilities(string type) => type switch
    {
        "float64" => new(0, 1e-12),
        "float32" or "bfloat16" => new(0, 1e-6),
        _ => throw new NotSupportedException($"sampling has a case in {type}"),
    };
}
