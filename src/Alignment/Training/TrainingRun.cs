using Alignment.Distributed;
using Alignment.Kernels.Native;
using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>Where a run keeps its files and whom it tells; none of it changes the result.</summary>
internal sealed record TrainingRun
{
    /// <summary>The run's folder: steps.jsonl and checkpoints; made if it is missing.</summary>
    public required string Folder { get; init; }

    /// <summary>Where TensorBoard finds the steps as they are done; null: nowhere.</summary>
    public string? EventFolder { get; init; }

    /// <summary>Micro-batch, device and how often to write checkpoints.</summary>
    public SpeedSettings Speed { get; init; } = new();

    /// <summary>Averages of its last weights that are left in the folder when it is done (<see cref="WeightAverages"/>).</summary>
    public IReadOnlyList<WeightAverage> Averages { get; init; } = [];

    /// <summary>Told after each step.</summary>
    public IProgress<TrainingProgress>? Progress { get; init; }

    /// <summary>The clock behind speeds and checkpoint times.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>
/// What changes speed and memory but not what is computed, up to rounding: gradients of a batch's parts are added in the order of the parts, so other parts
/// give other last bits.
/// </summary>
internal sealed record SpeedSettings
{
    /// <summary>Rows (pairs, or sequences in SFT) per forward pass, ≥ 1; gradients of a batch are accumulated over them.</summary>
    public int MicroBatch { get; init; } = 16;

    /// <summary>Tokens per forward pass, ≥ 1, a prompt counted for each of its responses; a longer row goes through by itself.</summary>
    public long TokenBudget { get; init; } = long.MaxValue;

    /// <summary>Activations are computed again in the backward pass (<see cref="BlockWalk"/>): a third more time, a block's activations instead of all; the same bits.</summary>
    public bool Recompute { get; init; }

    /// <summary>Where the model is.</summary>
    public Device Device { get; init; } = CPU;

    /// <summary>Masters, moments and summed gradients lie in the host's memory: the same bits, in less of the device's memory and in more time.</summary>
    public bool OptimiserOnHost { get; init; }

    /// <summary>The processes that work on the run together: each calls the same with the same data.</summary>
    public ICollectives Ranks { get; init; } = new SingleProcess(CPU);

    /// <summary>The same for what one rank does while the others wait for what comes next.</summary>
    public SpeedSettings Alone => this with { Ranks = new SingleProcess(Device) };

    /// <summary>Rows of a micro-batch of so many rows: fewer where there would not be one for each rank.</summary>
    public int RowsAtOnce(int batch) => Math.Min(MicroBatch, (batch + Ranks.Ranks - 1) / Ranks.Ranks);

    /// <summary>Float32 products on CUDA may round their factors to TensorFloat-32: the one setting here that changes digits, on such devices alone, where it is part of a run's name.</summary>
    public bool Tf32 { get; init; }

    /// <summary>Only algorithms that give the same bits every time.</summary>
    public bool Deterministic { get; init; }

    /// <summary>A checkpoint is written when so much time has passed since the last one; null: as <see cref="CheckpointTimer"/> finds it.</summary>
    public TimeSpan? CheckpointEvery { get; init; }

    /// <summary>A checkpoint is also written after every so many steps; null: by time alone.</summary>
    public int? CheckpointEverySteps { get; init; }

    /// <summary>Tells libtorch, for the whole process, how exactly and how repeatably it is to compute.</summary>
    public void Apply() => (Arithmetic.Tf32, Arithmetic.Deterministic) = (Tf32, Deterministic);
}

/// <summary>A finished training run.</summary>
/// <param name="Steps">Optimiser steps.</param>
/// <param name="Tokens">Real (unpadded) tokens trained on.</param>
/// <param name="Seconds">Wall time, that before an interruption included.</param>
internal sealed record TrainingResult(long Steps, long Tokens, double Seconds);

/// <summary>Where a run stands, reported after each optimiser step.</summary>
/// <param name="Goal">"SFT", the objective's name, or "gold".</param>
/// <param name="Step">Steps done.</param>
/// <param name="Steps">All steps.</param>
/// <param name="Loss">Loss of the last step.</param>
/// <param name="TokensPerSecond">Real (unpadded) tokens per second in the last step.</param>
/// <param name="TimeLeft">Estimated from the steps done since the run started or resumed.</param>
internal sealed record TrainingProgress(string Goal, long Step, long Steps, double Loss, double TokensPerSecond, TimeSpan TimeLeft);

/// <summary>A loss or gradient became NaN or infinite; the run stops before the weights are touched.</summary>
internal sealed class NonFiniteLossException : Exception
{
    /// <summary>Names what became non-finite, where, in which rows, and the last finite values.</summary>
    /// <param name="what">"loss" or "gradient norm", with its value.</param>
    /// <param name="goal">"SFT", the objective's name, or "gold".</param>
    /// <param name="step">1-based optimiser step.</param>
    /// <param name="sources">Where the rows of the batch come from.</param>
    /// <param name="last">The last finite step, or null.</param>
    public NonFiniteLossException(string what, string goal, long step, IReadOnlyList<string> sources, StepRow? last)
        : base(FormattableString.Invariant($"{goal} step {step}: the {what}; ")
            + (last == null ? "no step was finite before; " : FormattableString.Invariant(
                $"last finite values: step {last.Step}, loss {last.Loss}, grad_norm {last.GradientNorm}, learning_rate {last.LearningRate}; "))
            + $"rows of the batch: {string.Join(", ", sources)}")
    {
        (OfPolicy, Step, Sources) = (goal != RewardGoal.Gold, step, sources);
    }

    /// <summary>The policy diverged, not a gold model.</summary>
    public bool OfPolicy { get; }

    /// <summary>1-based optimiser step.</summary>
    public long Step { get; }

    /// <summary>Where the rows of the batch come from.</summary>
    public IReadOnlyList<string> Sources { get; }
}
