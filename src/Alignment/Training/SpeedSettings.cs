using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>What changes speed and memory but not what is computed.</summary>
public sealed record SpeedSettings
{
    /// <summary>Rows (pairs, or sequences in SFT) per forward pass, ≥ 1; gradients of a batch are accumulated over them.</summary>
    public int MicroBatch { get; init; } = 16;

    /// <summary>Where the model is.</summary>
    public Device Device { get; init; } = CPU;

    /// <summary>A checkpoint is written when so much time has passed since the last one.</summary>
    public TimeSpan CheckpointEvery { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A checkpoint is also written after every so many steps; null: by time alone.</summary>
    public int? CheckpointEverySteps { get; init; }
}
