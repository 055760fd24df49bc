using Alignment.Models;

namespace Alignment.Doctor;

/// <summary>What decides how much memory a sweep takes.</summary>
internal sealed record Workload
{
    /// <summary>The model.</summary>
    public required DecoderConfig Config { get; init; }

    /// <summary>Adapters that preference runs train instead of the weights, or null.</summary>
    public LoraSettings? Lora { get; init; }

    /// <summary>There is an SFT stage.</summary>
    public bool TrainsSft { get; init; } = true;

    /// <summary>Adapters that SFT trains instead of the weights, or null.</summary>
    public LoraSettings? SftLora { get; init; }

    /// <summary>Pairs, or sequences in SFT, that go through the model at once.</summary>
    public required int MicroBatch { get; init; }

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

    /// <summary>Parameters that preference runs train.</summary>
    internal long TrainedParameters => Trained(Lora);

    /// <summary>Parameters that SFT trains.</summary>
    internal long SftTrainedParameters => Trained(SftLora);

    private long Trained(LoraSettings? lora) => lora is null ? Parameters : DecoderWeights.Adapters(Config, lora).Sum(parameter => parameter.Elements);
}

/// <summary>What one stage of a sweep keeps in memory at its peak.</summary>
/// <param name="Stage">SFT, preference, sampling or scoring.</param>
/// <param name="Parts">What it consists of.</param>
internal sealed record StageMemory(string Stage, IReadOnlyList<MemoryPart> Parts)
{
    /// <summary>All parts together.</summary>
    public long Bytes => Parts.Sum(part => part.Bytes);

    /// <summary>"SFT 2.01 GiB: weights 512 MiB, gradients 512 MiB, …".</summary>
    public override string ToString() => $"{Stage} {ByteCount.Text(Bytes)}: "
        + string.Join(", ", Parts.Where(part => part.Bytes > 0).Select(part => $"{part.Name} {ByteCount.Text(part.Bytes)}"));
}

/// <summary>A part of a stage's memory.</summary>
internal sealed record MemoryPart(string Name, long Bytes);
