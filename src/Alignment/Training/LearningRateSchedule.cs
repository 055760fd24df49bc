namespace Alignment.Training;

/// <summary>How the learning rate falls after the warm-up.</summary>
internal enum ScheduleShape
{
    /// <summary>It stays.</summary>
    Constant,

    /// <summary>Straight down to 0 at the last step.</summary>
    Linear,

    /// <summary>Half a cosine down to 0 (Loshchilov and Hutter 2017).</summary>
    Cosine,
}

/// <summary>
/// The learning rate as a share of its peak: a linear warm-up from 0, then the shape. The arithmetic is that of transformers'
/// get_constant/linear/cosine_schedule_with_warmup; the first step of a warm-up therefore has rate 0.
/// </summary>
/// <param name="Shape">What follows the warm-up.</param>
/// <param name="WarmupRatio">Share of all steps that warm up, in [0, 1]; rounded up to whole steps.</param>
/// <exception cref="ArgumentOutOfRangeException">The ratio is not in [0, 1].</exception>
internal sealed record LearningRateSchedule(ScheduleShape Shape, double WarmupRatio)
{
    /// <summary>Share of all steps that warm up, in [0, 1].</summary>
    public double WarmupRatio { get; } = WarmupRatio is >= 0 and <= 1 ? WarmupRatio
        : throw new ArgumentOutOfRangeException(nameof(WarmupRatio),
            FormattableString.Invariant($"warm-up ratio must be in [0, 1], was {WarmupRatio}"));

    /// <summary>Cosine: whole waves between the warm-up and the last step, ≥ 0; the default falls once.</summary>
    public double Cycles { get; init; } = 0.5;

    /// <summary>The share at a step, in [0, 1].</summary>
    /// <param name="step">0-based optimiser step.</param>
    /// <param name="steps">All steps of the run.</param>
    public double Share(long step, long steps) => Share(step, (long)Math.Ceiling(steps * WarmupRatio), steps);

    /// <summary>As <see cref="Share(long, long)"/>, the warm-up given in steps.</summary>
    public double Share(long step, long warmupSteps, long steps)
    {
        if (step < warmupSteps)
            return step / (double)Math.Max(1, warmupSteps);
        double falling = Math.Max(1, steps - warmupSteps);
        return Shape switch
        {
            ScheduleShape.Constant => 1,
            ScheduleShape.Linear => Math.Max(0, (steps - step) / falling),
            _ => Math.Max(0, 0.5 * (1 + Math.Cos(Math.PI * Cycles * 2 * ((step - warmupSteps) / falling)))),
        };
    }
}
