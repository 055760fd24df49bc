using System.Text.Json.Serialization;
using Alignment.Evaluation;

namespace Alignment.Sweeps;

/// <summary>One grid point: a method and the values it is trained with, spelled as in the recipe.</summary>
/// <param name="Method">"SFT", "DPO", "LN-DPO", "SimPO", ….</param>
/// <param name="Slug">Short readable name, such as SimPO-b2.0-g1.2-lr1e-3-e1.</param>
/// <param name="Parameters">Beta, Gamma, LearningRate, Epochs → the recipe's spelling, in that order.</param>
public sealed record RunPoint(string Method, string Slug, IReadOnlyList<KeyValuePair<string, string>> Parameters);

/// <summary>What is known of a run besides its result: it may differ between two machines.</summary>
public sealed record RunFacts
{
    /// <summary>Wall time of training, seconds; not a number where imported results do not say.</summary>
    [JsonConverter(typeof(UnknownAsNull))]
    public required double TrainingSeconds { get; init; }

    /// <summary>Wall time of generation and scoring, seconds; not a number where imported results do not say.</summary>
    [JsonConverter(typeof(UnknownAsNull))]
    public required double EvaluationSeconds { get; init; }

    /// <summary>Training speed over real (unpadded) tokens; not a number where imported results do not say.</summary>
    [JsonConverter(typeof(UnknownAsNull))]
    public required double TokensPerSecond { get; init; }

    /// <summary>Machine, versions, device and threads.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }
}

/// <summary>A finished run.</summary>
/// <param name="Id">Slug and hash of what decides its result.</param>
/// <param name="Point">Its grid point.</param>
/// <param name="Summary">Its metrics.</param>
/// <param name="Facts">Time and machine.</param>
/// <param name="Folder">Where its files are (samples.jsonl, steps.jsonl, …).</param>
public sealed record StoredRun(string Id, RunPoint Point, RunSummary Summary, RunFacts Facts, string Folder)
{
    /// <summary>Its samples, read from samples.jsonl each time.</summary>
    public IEnumerable<SampleRow> Samples() => SampleFile.Read(SamplesFile);

    /// <summary>The numbers of its samples, without the texts.</summary>
    public SampleColumns Columns() => SampleColumns.Read(SamplesFile);

    private string SamplesFile => Path.Combine(Folder, "samples.jsonl");
}

/// <summary>A run that the recipe asks for and that has no result; <paramref name="Error"/> says why if it was tried.</summary>
public sealed record MissingRun(RunPoint Point, string? Error);

/// <summary>All that reports need of a sweep.</summary>
public sealed record StoredSweep
{
    /// <summary>The recipe's name.</summary>
    public required string Recipe { get; init; }

    /// <summary>The sweep's folder.</summary>
    public required string Folder { get; init; }

    /// <summary>Every SFT run, in grid order.</summary>
    public required IReadOnlyList<StoredRun> SftRuns { get; init; }

    /// <summary>The SFT run that starts every preference run; null where results imported from elsewhere have none.</summary>
    public required StoredRun? Sft { get; init; }

    /// <summary>Every finished preference run, in grid order.</summary>
    public required IReadOnlyList<StoredRun> Runs { get; init; }

    /// <summary>Preference runs without a result, in grid order.</summary>
    public required IReadOnlyList<MissingRun> Missing { get; init; }

    /// <summary>Seed of everything random in the report (bootstrap).</summary>
    public required ulong Seed { get; init; }

    /// <summary>The command that makes this sweep again.</summary>
    public required string Command { get; init; }

    /// <summary>What response lengths count: the policy's tokens; words where results imported from elsewhere say nothing of tokens.</summary>
    public string LengthUnit { get; init; } = "tokens";
}
