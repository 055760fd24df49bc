using System.Text.Json;
using System.Text.Json.Serialization;
using Alignment.Files;

namespace Alignment.Sweeps;

/// <summary>
/// sweep.json: which runs of a folder are the sweep's, so that reports are made again from the store alone. Runs that another version of the
/// recipe left in the folder are not among them.
/// </summary>
public static class SweepFile
{
    private const string Name = "sweep.json";
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Writes the file into the sweep's folder.</summary>
    public static void Write(StoredSweep sweep) => AtomicFile.WriteText(Path.Combine(sweep.Folder, Name), JsonSerializer.Serialize(Of(sweep), s_json) + "\n");

    /// <summary>A folder has the file.</summary>
    internal static bool IsIn(string folder) => File.Exists(Path.Combine(folder, Name));

    /// <summary>The sweep of a folder as it was when sweep.json was written.</summary>
    /// <exception cref="FileNotFoundException">The folder holds no sweep.json.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, or a run it names is not there.</exception>
    public static StoredSweep Read(string folder)
    {
        string path = Path.Combine(folder, Name);
        if (!File.Exists(path))
            throw new FileNotFoundException($"{folder} is no run store: it holds no {Name}; run the sweep's Report test once, or import results into it", path);
        Content content = Parse(path);
        var store = new RunStore(folder, TimeProvider.System);
        StoredRun Run(string id) => store.Find(id) ?? throw new InvalidDataException($"{path}: names the run {id}, which is not in {folder}; run the sweep again");
        return WithRound(content, folder) with { ByOthers = [.. (content.ByOthers ?? []).Select(other => WithRound(other, ReportFolder(folder, other.Judge!.Name)))] };

        StoredSweep WithRound(Content content, string home) => Sweep(content, home) with { OnPolicy = content.OnPolicy is { } round ? Sweep(round, OnPolicyFolder(home)) : null };

        StoredSweep Sweep(Content content, string home)
        {
            StoredRun[] sft = [.. content.SftRuns.Select(Run)];
            return new()
            {
                Recipe = content.Recipe,
                Folder = home,
                SftRuns = sft,
                Sft = content.Sft is { } start ? sft.FirstOrDefault(run => run.Id == start) ?? Run(start) : null,
                Runs = [.. content.Runs.Select(Run)],
                Stopped = [.. (content.Stopped ?? []).Select(stopped => new StoppedRun(Run(stopped.Run), Run(stopped.Leader)))],
                Missing = content.Missing,
                Seed = content.Seed,
                Command = content.Command,
                LengthUnit = content.LengthUnit,
                MaxCutShare = content.MaxCutShare,
                Judge = content.Judge,
                Search = content.Search,
                ChosenBy = content.ChosenBy,
            };
        }
    }

    /// <summary>Where the report by a further judge stands.</summary>
    internal static string ReportFolder(string sweep, string judge) => Path.Combine(sweep, "judges", judge);

    /// <summary>Where the report of a round on-policy stands.</summary>
    internal static string OnPolicyFolder(string report) => Path.Combine(report, "on-policy");

    private static Content Of(StoredSweep sweep) => new(sweep.Recipe, sweep.Seed, sweep.Command, sweep.LengthUnit, sweep.Sft?.Id, [.. sweep.SftRuns.Select(run => run.Id)],
        [.. sweep.Runs.Select(run => run.Id)], sweep.Missing, sweep.MaxCutShare)
    {
        Judge = sweep.Judge,
        Search = sweep.Search,
        Stopped = sweep.Stopped.Count == 0 ? null : [.. sweep.Stopped.Select(run => new StoppedContent(run.Run.Id, run.Leader.Id))],
        ChosenBy = sweep.ChosenBy,
        OnPolicy = sweep.OnPolicy is { } round ? Of(round) : null,
        ByOthers = sweep.ByOthers.Count == 0 ? null : [.. sweep.ByOthers.Select(Of)],
    };

    private static Content Parse(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<Content>(File.ReadAllText(path), s_json) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: not the list of a sweep's runs, damaged at {JsonErrors.Place(e)}; run the sweep's Report test again", e);
        }
    }

    private sealed record Content(string Recipe, ulong Seed, string Command, string LengthUnit, string? Sft, IReadOnlyList<string> SftRuns,
        IReadOnlyList<string> Runs, IReadOnlyList<MissingRun> Missing, double MaxCutShare = Recipes.Recipe.DefaultMaxCutShare)
    {
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public JudgeFacts? Judge { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public SearchFacts? Search { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public IReadOnlyList<StoppedContent>? Stopped { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public JudgeFacts? ChosenBy { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public Content? OnPolicy { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public IReadOnlyList<Content>? ByOthers { get; init; }
    }

    private sealed record StoppedContent(string Run, string Leader);
}
