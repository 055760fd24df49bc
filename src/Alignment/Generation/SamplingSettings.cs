using Alignment.Distributed;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Generation;

/// <summary>How responses are drawn.</summary>
internal sealed record SamplingSettings
{
    /// <summary>Divides the logits, ≥ 0; 0 takes the likeliest token (greedy).</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Only so many of the likeliest tokens are drawn from, ≥ 0; 0 for all.</summary>
    public int TopK { get; init; }

    /// <summary>Only the likeliest tokens that together hold this probability are drawn from, in [0, 1]; 0 leaves the likeliest.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Top-k and top-p leave at least so many of the likeliest tokens, ≥ 1.</summary>
    public int MinTokensToKeep { get; init; } = 1;

    /// <summary>Longest response in tokens, EOS included, ≥ 1.</summary>
    public required int MaxNewTokens { get; init; }

    /// <summary>So many of the likeliest stay by their rank; null for all.</summary>
    internal int? KeptByRank => TopK > 0 ? Math.Max(TopK, MinTokensToKeep) : null;

    /// <summary>Refuses impossible values, all in one message.</summary>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    public SamplingSettings Checked()
    {
        List<string> faults = [];
        if (!double.IsFinite(Temperature) || Temperature < 0)
            faults.Add(FormattableString.Invariant($"temperature must be a finite number >= 0, was {Temperature}"));
        if (TopK < 0)
            faults.Add(FormattableString.Invariant($"top_k must be >= 0 (0 for all tokens), was {TopK}"));
        if (TopP is not (>= 0 and <= 1))
            faults.Add(FormattableString.Invariant($"top_p must be in [0, 1], was {TopP}"));
        if (MinTokensToKeep < 1)
            faults.Add(FormattableString.Invariant($"min tokens to keep must be >= 1, was {MinTokensToKeep}"));
        if (MaxNewTokens < 1)
            faults.Add(FormattableString.Invariant($"max new tokens must be >= 1, was {MaxNewTokens}"));
        return faults.Count == 0 ? this : throw new ArgumentException(string.Join("; ", faults));
    }
}

/// <summary>What changes the speed of generation and scoring but not their result.</summary>
internal sealed record GenerationSpeed
{
    private readonly bool? _drawsOnDevice;

    /// <summary>Sequences per forward pass, ≥ 1.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>Tokens that a CPU scores in a forward pass: activations of more leave its caches (bench/README.md).</summary>
    public const long ScoredByCpu = 1L << 12;

    /// <summary>Tokens of responses with their prompts per forward pass that scores them, padding included, ≥ 1; at least one response goes through.</summary>
    public long ScoredTokens { get; init; } = long.MaxValue;

    /// <summary>Tokens of prompts per forward pass, padding included, ≥ 1; at least one prompt goes through.</summary>
    public int PrefillTokens { get; init; } = 1 << 14;

    /// <summary>Prompts that are sorted by length and handed back together, ≥ 1.</summary>
    public int ChunkSize { get; init; } = 512;

    /// <summary>The processes that work on it together: each calls the same with the same model and data, and each has all results.</summary>
    public ICollectives Ranks { get; init; } = new SingleProcess(CPU);

    /// <summary>Where the model is.</summary>
    public Device Device { get; init; } = CPU;

    /// <summary>
    /// Tokens are drawn where the model is, and of a row of logits only the token comes to the host. Not on the CPU unless that is asked for: nothing crosses
    /// a bus there, and the host's own way costs less.
    /// </summary>
    public bool DrawsOnDevice { get => _drawsOnDevice ?? Device.type != DeviceType.CPU; init => _drawsOnDevice = value; }
}
