using Alignment.Kernels.Optimiser;

namespace Alignment.Training;

/// <summary>All that decides the result of a training run besides model, data and objective.</summary>
internal sealed record TrainingSettings
{
    /// <summary>Peak learning rate, ≥ 0.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Passes over the data, ≥ 1.</summary>
    public required int Epochs { get; init; }

    /// <summary>Rows (pairs, or sequences in SFT) per optimiser step, ≥ 1; the last step of an epoch takes what is left.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Decides the order of the rows in each epoch.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Course of the learning rate.</summary>
    public LearningRateSchedule Schedule { get; init; } = new(ScheduleShape.Cosine, 0.1);

    /// <summary>Decoupled weight decay, ≥ 0, on all parameters.</summary>
    public double WeightDecay { get; init; }

    /// <summary>AdamW's decay of the first moment, in [0, 1).</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW's decay of the second moment, in [0, 1).</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of AdamW's second moment, > 0.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Gradients of a larger L2 norm are scaled down to it, > 0; infinity leaves them.</summary>
    public double MaxGradientNorm { get; init; } = 1;

    /// <summary>AdamW's rates.</summary>
    internal AdamWRates Rates() =>
        new() { LearningRate = LearningRate, Beta1 = Beta1, Beta2 = Beta2, Epsilon = Epsilon, WeightDecay = WeightDecay };

    /// <summary>Refuses impossible values, all in one message.</summary>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    public TrainingSettings Checked()
    {
        List<string> faults = [];
        Require(double.IsFinite(LearningRate) && LearningRate >= 0, $"learning rate must be a finite number >= 0, was {LearningRate}");
        Require(Epochs >= 1, $"epochs must be >= 1, was {Epochs}");
        Require(BatchSize >= 1, $"batch size must be >= 1, was {BatchSize}");
        Require(double.IsFinite(WeightDecay) && WeightDecay >= 0, $"weight decay must be a finite number >= 0, was {WeightDecay}");
        Require(Beta1 is >= 0 and < 1, $"beta1 must be in [0, 1), was {Beta1}");
        Require(Beta2 is >= 0 and < 1, $"beta2 must be in [0, 1), was {Beta2}");
        Require(double.IsFinite(Epsilon) && Epsilon > 0, $"epsilon must be a finite number > 0, was {Epsilon}");
        Require(MaxGradientNorm > 0, $"max gradient norm must be > 0, was {MaxGradientNorm}");
        return faults.Count == 0 ? this : throw new ArgumentException(string.Join("; ", faults));

        void Require(bool holds, FormattableString fault)
        {
            if (!holds)
                faults.Add(FormattableString.Invariant(fault));
        }
    }
}
