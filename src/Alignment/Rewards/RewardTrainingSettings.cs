namespace Alignment.Rewards;

/// <summary>How a reward model is trained. The defaults are for a small model from scratch on about a thousand pairs, which overfits.</summary>
internal sealed record RewardTrainingSettings
{
    /// <summary>Passes over the training pairs; &gt; 0.</summary>
    public int Epochs { get; init; } = 4;

    /// <summary>Pairs of one optimiser step; &gt; 0.</summary>
    public int BatchPairs { get; init; } = 16;

    /// <summary>Highest learning rate; &gt; 0.</summary>
    public double LearningRate { get; init; } = 5e-4;

    /// <summary>Share of the steps with a rising rate, in [0, 1).</summary>
    public double WarmupShare { get; init; } = 0.1;

    /// <summary>Last rate as a share of the highest, in [0, 1].</summary>
    public double FinalRateShare { get; init; } = 0.1;

    /// <summary>Decoupled weight decay of matrices; norms and biases have none; ≥ 0.</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Largest norm of the whole gradient; &gt; 0.</summary>
    public double ClipNorm { get; init; } = 1;

    /// <summary>Dropout on the embedding and on each residual branch, in [0, 1).</summary>
    public double Dropout { get; init; } = 0.1;

    /// <summary>Assumed share of wrong labels, in [0, 0.5).</summary>
    public double LabelSmoothing { get; init; } = 0.05;

    /// <summary>Weight of the pull of rewards towards level 0; ≥ 0.</summary>
    public double LevelWeight { get; init; } = 0.01;

    /// <summary>Tokens kept of a row, counted from its end; &gt; 0.</summary>
    public int MaxLength { get; init; } = 256;

    /// <summary>Epochs without a better validation accuracy after which training stops; 0 = run all. The best epoch is kept either way.</summary>
    public int Patience { get; init; }

    /// <summary>Decides epoch orders and dropout masks.</summary>
    public ulong Seed { get; init; }

    /// <summary>Learning rate of a step: linear warm-up, then half a cosine (Loshchilov and Hutter 2017) down to the last rate.</summary>
    /// <param name="step">0 … <paramref name="steps"/> − 1.</param>
    /// <param name="steps">Steps in all.</param>
    public double Rate(int step, int steps)
    {
        int warmup = (int)(WarmupShare * steps);
        if (step < warmup)
            return LearningRate * (step + 1) / (warmup + 1);
        double progress = (double)(step - warmup) / Math.Max(1, steps - 1 - warmup);
        return LearningRate * (FinalRateShare + (1 - FinalRateShare) * 0.5 * (1 + Math.Cos(Math.PI * progress)));
    }

    /// <summary>Refuses impossible values, all at once.</summary>
    /// <exception cref="ArgumentException">Names each setting, its value and its range.</exception>
    public void Check()
    {
        (string Name, double Value, string Wanted, bool Good)[] rules =
        [
            (nameof(Epochs), Epochs, "> 0", Epochs > 0),
            (nameof(BatchPairs), BatchPairs, "> 0", BatchPairs > 0),
            (nameof(LearningRate), LearningRate, "> 0", LearningRate > 0 && double.IsFinite(LearningRate)),
            (nameof(WarmupShare), WarmupShare, "in [0, 1)", WarmupShare is >= 0 and < 1),
            (nameof(FinalRateShare), FinalRateShare, "in [0, 1]", FinalRateShare is >= 0 and <= 1),
            (nameof(WeightDecay), WeightDecay, ">= 0", WeightDecay >= 0),
            (nameof(ClipNorm), ClipNorm, "> 0", ClipNorm > 0),
            (nameof(Dropout), Dropout, "in [0, 1)", Dropout is >= 0 and < 1),
            (nameof(LabelSmoothing), LabelSmoothing, "in [0, 0.5)", LabelSmoothing is >= 0 and < 0.5),
            (nameof(LevelWeight), LevelWeight, ">= 0", LevelWeight >= 0),
            (nameof(MaxLength), MaxLength, "> 0", MaxLength > 0),
            (nameof(Patience), Patience, ">= 0", Patience >= 0),
        ];
        string[] faults = [.. rules.Where(rule => !rule.Good)
            .Select(rule => FormattableString.Invariant($"{rule.Name} must be {rule.Wanted}, was {rule.Value}"))];
        if (faults.Length > 0)
            throw new ArgumentException(string.Join("; ", faults));
    }
}
