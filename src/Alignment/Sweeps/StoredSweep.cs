using Alignment.Recipes;

namespace Alignment.Sweeps;

/// <summary>A run that the recipe asks for and that has no result; <paramref name="Error"/> says why if it was tried.</summary>
public sealed record MissingRun(GridPoint Point, string? Error);

/// <summary>A run that a search has stopped: it is compared with its leader alone, on the prompts that both have answered.</summary>
/// <param name="Run">The run, of its first prompts.</param>
/// <param name="Leader">The run of all prompts that it is behind.</param>
internal sealed record StoppedRun(StoredRun Run, StoredRun Leader)
{
    /// <summary>How it stands against the leader.</summary>
    public Standing Standing() => new Contest(Leader, new(Leader.Samples().ToDictionary(row => row.PromptIndex, row => row.Prompt))).OfAll(Run.Columns());

    /// <summary>What it is expected to score on all prompts: the leader's score, and what it has lost to it.</summary>
    public double Score() => Leader.Summary.MeanScore.Value + Standing().Lead;
}

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

    /// <summary>What all runs start from, as reports call it behind a preposition: SFT, or a given model without SFT.</summary>
    internal string Start => Sft?.Point.Method == Grid.Start ? "the start" : Grid.Sft;

    /// <summary>A fact of an imported run: its file.</summary>
    internal const string ImportedFrom = "imported from";

    /// <summary>The runs were made by another framework.</summary>
    internal bool IsImported => Runs.Any(run => run.Facts.Environment.ContainsKey(ImportedFrom));

    /// <summary>As <see cref="Start"/>, behind "the".</summary>
    internal string StartModel => Grid.ModelOf(Sft?.Point);

    /// <summary>Every finished preference run, in grid order.</summary>
    public required IReadOnlyList<StoredRun> Runs { get; init; }

    /// <summary>Runs that a search has stopped, in grid order; they are not among <see cref="Runs"/>, which have all answered the same prompts.</summary>
    internal IReadOnlyList<StoppedRun> Stopped { get; init; } = [];

    /// <summary>Preference runs without a result, in grid order.</summary>
    public required IReadOnlyList<MissingRun> Missing { get; init; }

    /// <summary>Seed of everything random in the report (bootstrap).</summary>
    public required ulong Seed { get; init; }

    /// <summary>The command that makes this sweep again.</summary>
    public required string Command { get; init; }

    /// <summary>Above this share of cut responses, prompts or gold inputs the report warns.</summary>
    public double MaxCutShare { get; init; } = Recipes.Recipe.DefaultMaxCutShare;

    /// <summary>The search that chose the runs; null where all of a grid are asked for.</summary>
    internal SearchFacts? Search { get; init; }

    /// <summary>Who scored the runs; null where an older store or imported results do not say.</summary>
    internal JudgeFacts? Judge { get; init; }

    /// <summary>The same runs as the recipe's further judges score them, each with a folder of its own for its report.</summary>
    internal IReadOnlyList<StoredSweep> ByOthers { get; init; } = [];

    /// <summary>The runs of the round on-policy, with a folder of their own for their report; null where there is none.</summary>
    internal StoredSweep? OnPolicy { get; init; }

    /// <summary>Of a round on-policy, the judge that chose its pairs; null of any other sweep.</summary>
    internal JudgeFacts? ChosenBy { get; init; }

    /// <summary>This one and its round on-policy, then those by other judges.</summary>
    internal IEnumerable<StoredSweep> All => ByJudge.SelectMany(sweep => sweep.OnPolicy is { } round ? new[] { sweep, round } : [sweep]);

    /// <summary>This one, then those by other judges.</summary>
    internal IReadOnlyList<StoredSweep> ByJudge => [this, .. ByOthers];

    /// <summary>What response lengths count: the policy's tokens; words where results imported from elsewhere say nothing of tokens.</summary>
    public string LengthUnit { get; init; } = "tokens";
}
