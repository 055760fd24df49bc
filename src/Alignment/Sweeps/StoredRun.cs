using System.Text.Json.Serialization;
using Alignment.Evaluation;
using Alignment.Recipes;

namespace Alignment.Sweeps;

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

    /// <summary>What it was trained and tested on; null where an older run or imported results do not say.</summary>
    public DataFacts? Data { get; init; }
}

/// <summary>A finished run.</summary>
/// <param name="Id">Slug and hash of what decides its result.</param>
/// <param name="Point">Its grid point.</param>
/// <param name="Summary">Its metrics.</param>
/// <param name="Facts">Time and machine.</param>
/// <param name="Folder">Where its files are (samples.jsonl, steps.jsonl, …).</param>
public sealed record StoredRun(string Id, GridPoint Point, RunSummary Summary, RunFacts Facts, string Folder)
{
    /// <summary>The name of its trained weights; empty where it was trained elsewhere.</summary>
    internal string Weights { get; init; } = "";

    /// <summary>Of a search's run that was stopped for being behind: how many of the prompts it has answered; null of one that has answered all.</summary>
    internal int? FirstPrompts { get; init; }

    /// <summary>Its samples, read from samples.jsonl each time.</summary>
    public IEnumerable<SampleRow> Samples() => SampleFile.Read(SamplesFile);

    /// <summary>The numbers of its samples, without the texts.</summary>
    internal SampleColumns Columns() => SampleColumns.Read(SamplesFile);

    private string SamplesFile => Path.Combine(Folder, "samples.jsonl");
}
