using Alignment.Distributed;
using Alignment.Doctor;
using Alignment.Files;
using Alignment.Generation;
using Alignment.Training;
using TorchSharp;

namespace Alignment.Sweeps;

/// <summary>What changes only speed, place and what is printed; no run id depends on it, but for <see cref="Rounding"/>.</summary>
internal sealed record SweepOptions
{
    private readonly int? _rankCount;

    /// <summary>The folder that holds a folder per recipe.</summary>
    public required string SweepsFolder { get; init; }

    /// <summary>Where data files named in the recipe are looked for; null: beside the recipe.</summary>
    public string? DataFolder { get; init; }

    /// <summary>cpu or cuda:N.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>libtorch's threads on the CPU; 0 leaves its own choice. Results are the same bit for bit only at the same number.</summary>
    public int Threads { get; init; }

    /// <summary>Pairs (or sequences) that go through the model at once, at most; null: 32 on the CPU without a token budget, else as many as that allows.</summary>
    public int? MicroBatch { get; init; }

    /// <summary>Tokens that go through the model at once, a prompt counted for each of its responses; null: no limit on the CPU, else as many as fit.</summary>
    public long? TokenBudget { get; init; }

    /// <summary>Activations are computed again in the backward pass instead of being kept, by the same bits; null: where they do not fit.</summary>
    public bool? Recompute { get; init; }

    /// <summary>AdamW's masters, moments and summed gradients lie in the host's memory.</summary>
    public bool OptimiserOnHost { get; init; }

    /// <summary>Float32 products on CUDA may round their factors to TensorFloat-32.</summary>
    public bool Tf32 { get; init; }

    /// <summary>What of this is in identities: products that are rounded to 11 bits give other weights and scores; nothing where they are not, as on the CPU.</summary>
    internal string Rounding => Tf32 && !OnCpu ? " with TF32" : "";

    /// <summary>Only algorithms that give the same bits every time, where a CUDA device has faster ones.</summary>
    public bool Deterministic { get; init; }

    /// <summary>Responses that are drawn together; null: 128 on the CPU, or up to 512 of a small model, else as many as fit.</summary>
    public int? GenerationBatch { get; init; }

    /// <summary>The memory of a device.</summary>
    public Func<string, AvailableMemory> Memory { get; init; } = AvailableMemory.Of;

    /// <summary>Seconds between two training checkpoints; null: so many that writing them takes less than 3 % of the time, and at least a minute.</summary>
    public double? CheckpointSeconds { get; init; }

    /// <summary>Optimiser steps between two training checkpoints; null: by time alone.</summary>
    public int? CheckpointSteps { get; init; }

    /// <summary>Seconds between two progress lines of one step of a run; the first and the last are always printed.</summary>
    public double ProgressSeconds { get; init; } = 2;

    /// <summary>Steps of what is trained are also written as TensorBoard reads them.</summary>
    public bool TensorBoard { get; init; }

    /// <summary>Weights that were dropped to save room are trained again where something needs them.</summary>
    public bool Retrain { get; init; }

    /// <summary>The command to name in the report.</summary>
    public string Command { get; init; } = "";

    /// <summary>Where fingerprints of model files are kept, for all sweeps.</summary>
    internal FileHashes Hashes(TimeProvider clock, Action<string> log) => new(Path.Combine(SweepsFolder, ".hashes"), clock, log);

    /// <summary>What is not given and found: on a GPU from its memory, on the CPU from the model.</summary>
    internal OpenSizes Open => new(!OnCpu && TokenBudget is null && MicroBatch is null, GenerationBatch is null);

    /// <summary>Rows that go through the model at once, at most.</summary>
    internal int RowsAtOnce => MicroBatch ?? (OnCpu && TokenBudget is null ? 32 : int.MaxValue);

    /// <summary>Responses that are drawn together, where that is not found.</summary>
    internal int ResponsesAtOnce => GenerationBatch ?? OpenSizes.HostResponses;

    private bool OnCpu => Device.StartsWith("cpu", StringComparison.OrdinalIgnoreCase);

    /// <summary>The processes that work on each run together, of which this is one.</summary>
    public ICollectives Ranks { get; init; } = new SingleProcess(torch.CPU);

    /// <summary>How many they are; of the process that starts them and is none, how many it will start.</summary>
    public int RankCount { get => _rankCount ?? Ranks.Ranks; init => _rankCount = value; }

    /// <summary>What of this generation and scoring need.</summary>
    internal GenerationSpeed Generation => new()
    {
        BatchSize = ResponsesAtOnce,
        ChunkSize = ResponsesAtOnce,
        ScoredTokens = OnCpu ? GenerationSpeed.ScoredByCpu : long.MaxValue,
        Device = torch.device(Device),
        Ranks = Ranks,
    };

    /// <summary>What of this a training run needs.</summary>
    internal SpeedSettings Speed => new()
    {
        MicroBatch = RowsAtOnce,
        TokenBudget = TokenBudget ?? long.MaxValue,
        Recompute = Recompute ?? false,
        Device = torch.device(Device),
        Ranks = Ranks,
        OptimiserOnHost = OptimiserOnHost,
        Tf32 = Tf32,
        Deterministic = Deterministic,
        CheckpointEvery = CheckpointSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        CheckpointEverySteps = CheckpointSteps,
    };
}
