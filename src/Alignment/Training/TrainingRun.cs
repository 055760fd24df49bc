namespace Alignment.Training;

/// <summary>Where a run keeps its files and whom it tells; none of it changes the result.</summary>
public sealed record TrainingRun
{
    /// <summary>The run's folder: steps.jsonl and checkpoints; made if it is missing.</summary>
    public required string Folder { get; init; }

    /// <summary>Micro-batch, device and how often to write checkpoints.</summary>
    public SpeedSettings Speed { get; init; } = new();

    /// <summary>Told after each step.</summary>
    public IProgress<TrainingProgress>? Progress { get; init; }

    /// <summary>The clock behind speeds and checkpoint times.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>A finished training run.</summary>
/// <param name="Steps">Optimiser steps.</param>
/// <param name="Tokens">Real (unpadded) tokens trained on.</param>
/// <param name="Seconds">Wall time, that before an interruption included.</param>
public sealed record TrainingResult(long Steps, long Tokens, double Seconds);
