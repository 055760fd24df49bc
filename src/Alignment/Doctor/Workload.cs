using Alignment.Models;

namespace Alignment.Doctor;

/// <summary>What decides how much memory a sweep takes.</summary>
internal sealed record Workload
{
    /// <summary>The model.</summary>
    public required DecoderConfig Config { get; init; }

    /// <summary>Weights and activations are bfloat16; what trains them is float32.</summary>
    public bool Narrow { get; init; }

    /// <summary>Adapters that preference runs train instead of the weights, or null.</summary>
    public LoraSettings? Lora { get; init; }

    /// <summary>A second model stands beside the policy while preference runs train.</summary>
    public bool SecondModel { get; init; }

    /// <summary>There is an SFT stage.</summary>
    public bool TrainsSft { get; init; } = true;

    /// <summary>Adapters that SFT trains instead of the weights, or null.</summary>
    public LoraSettings? SftLora { get; init; }

    /// <summary>Pairs, or sequences in SFT, that go through the model at once.</summary>
    public required int MicroBatch { get; init; }

    /// <summary>Tokens that go through the model at once in training and in the reference pass, a prompt counted for each of its responses; or one longer row.</summary>
    public long TokenBudget { get; init; } = long.MaxValue;

    /// <summary>Sequences of an SFT step, and pairs of a preference step: no more go through the model at once in training.</summary>
    public (int Sft, int Preference) Batches { get; init; } = (int.MaxValue, int.MaxValue);

    /// <summary>Activations are computed again in the backward pass.</summary>
    public bool Recompute { get; init; }

    /// <summary>Masters, moments and summed gradients lie in the host's memory.</summary>
    public bool StateOnHost { get; init; }

    /// <summary>Means of a preference run's weights that are kept while it trains, in the host's memory.</summary>
    public int Averages { get; init; }

    /// <summary>The device's memory is the host's.</summary>
    public bool IsHost { get; init; } = true;

    /// <summary>Devices that share one run: each holds a part of the model and of what trains it, and all of the model outside of training.</summary>
    public int Ranks { get; init; } = 1;

    /// <summary>Models that score the responses.</summary>
    public IReadOnlyList<JudgeModel> Judges { get; init; } = [];

    /// <summary>The judges stay on the device while the policy is trained and samples.</summary>
    public bool JudgesStay { get; init; }

    /// <summary>Sequences generated or scored together.</summary>
    public required int GenerationBatch { get; init; }

    /// <summary>Tokens of the longest prompt and response together, after the limits.</summary>
    public required int LongestSequence { get; init; }

    /// <summary>Tokens of the longest prompt, after the limits.</summary>
    public required int LongestPrompt { get; init; }

    /// <summary>Longest sampled response.</summary>
    public required int NewTokens { get; init; }

    /// <summary>Freed memory the allocator keeps, as a share of what a stage needs for a time; ≥ 0.</summary>
    public double Slack { get; init; }

    /// <summary>Parameters of the model.</summary>
    internal long Parameters => DecoderWeights.Of(Config).Sum(parameter => parameter.Elements);

    /// <summary>Parameters of a block.</summary>
    internal long BlockParameters => DecoderWeights.OfBlock(Config).Sum(parameter => parameter.Elements);

    /// <summary>Parameters of the embedding, and of the head.</summary>
    internal long HeadParameters => Config.Shape.Vocabulary * Config.Shape.Width;

    /// <summary>Parameters of a block, or of embedding or head, whichever are most.</summary>
    internal long LargestPart => Math.Max(HeadParameters, BlockParameters);

    /// <summary>Parameters that preference runs train.</summary>
    internal long TrainedParameters => Trained(Lora);

    /// <summary>Bytes of a weight, and of an activation.</summary>
    internal int NumberBytes => Narrow ? sizeof(short) : sizeof(float);

    /// <summary>Parameters that are trained: those of the adapters, or all where there are none.</summary>
    internal long Trained(LoraSettings? lora) => lora is null ? Parameters : DecoderWeights.Adapters(Config, lora).Sum(parameter => parameter.Elements);
}

/// <summary>What one stage of a sweep keeps in memory at its peak.</summary>
/// <param name="Stage">SFT, preference, sampling, scoring, ….</param>
/// <param name="Parts">What it consists of.</param>
internal sealed record StageMemory(string Stage, IReadOnlyList<MemoryPart> Parts)
{
    /// <summary>All parts together.</summary>
    public long Bytes => Parts.Sum(part => part.Bytes);

    /// <summary>Without what the allocator keeps: no less will do.</summary>
    public long Needed => Bytes - Parts.Where(part => part.Name == MemoryEstimate.Kept).Sum(part => part.Bytes);

    /// <summary>What it keeps in the host's memory beside a device's.</summary>
    public long HostBytes { get; init; }

    /// <summary>"SFT 2.01 GiB: weights 512 MiB, gradients 512 MiB, …".</summary>
    public override string ToString() => $"{Stage} {ByteCount.Text(Bytes)}: "
        + string.Join(", ", Parts.Where(part => part.Bytes > 0).Select(part => $"{part.Name} {ByteCount.Text(part.Bytes)}"))
        + (HostBytes > 0 ? $"; in the host's memory {ByteCount.Text(HostBytes)}" : "");
}

/// <summary>A part of a stage's memory.</summary>
internal sealed record MemoryPart(string Name, long Bytes);
