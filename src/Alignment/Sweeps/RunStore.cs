using System.Text.Json;
using System.Text.Json.Serialization;
using Alignment.Evaluation;
using Alignment.Files;
using Alignment.Recipes;

namespace Alignment.Sweeps;

/// <summary>
/// A sweep's folder: one folder per finished run, named by its id. A run is worked on in id.work and is finished when that folder has been
/// renamed; what is left of a killed process is taken up again.
/// </summary>
internal sealed class RunStore(string folder, TimeProvider clock)
{
    /// <summary>Behind a run's name, the files that say why it failed; the second one where it would fail again.</summary>
    public const string Failed = ".failed.txt", Diverged = ".diverged.txt";

    /// <summary>How the folder of what is still worked on ends.</summary>
    public const string Work = ".work";

    private const string Record = "run.json";
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The sweep's folder.</summary>
    public string Folder { get; } = folder;

    /// <summary>The finished run, or null.</summary>
    /// <exception cref="InvalidDataException">Its files are damaged; the message names the file and what to do.</exception>
    public StoredRun? Find(string id)
    {
        string home = Path.Combine(Folder, id);
        if (!Directory.Exists(home))
            return null;
        RunRecord record = Read<RunRecord>(Path.Combine(home, Record));
        return new StoredRun(id, record.Point, Read<RunSummary>(Path.Combine(home, "summary.json")), record.Facts, home) { Weights = record.Weights, FirstPrompts = record.FirstPrompts };
    }

    /// <summary>A finished run that holds these responses, by whatever gold model they are scored; null where there is none.</summary>
    public StoredRun? WithResponses(string responses) => Directory.EnumerateDirectories(Folder).Order(StringComparer.Ordinal)
        .Where(home => !home.EndsWith(Work, StringComparison.Ordinal) && File.Exists(Path.Combine(home, Record)) && Read<RunRecord>(Path.Combine(home, Record)).Responses == responses)
        .Select(home => Find(Path.GetFileName(home))).FirstOrDefault();

    /// <summary>The file of a model's responses under one way of sampling.</summary>
    public string ResponseFile(string sampling) => Path.Combine(Folder, "responses", sampling + ".jsonl");

    /// <summary>Removes what processes left that died in the middle of a write, or holding a lock.</summary>
    /// <returns>A line for each.</returns>
    public IReadOnlyList<string> RemoveLeftovers() =>
    [
        .. Leftovers.Remove(Folder, clock).Select(path => $"removed {Path.GetRelativePath(Folder, path)}, which a killed process left"),
        .. RunLock.FreeDead(LockFolder, clock).Select(path => $"freed {Path.GetRelativePath(Folder, path)}, which a killed process held"),
    ];

    /// <summary>Takes a run to work on; waits while another process does.</summary>
    public RunClaim Claim(string id, Action<string> waiting, CancellationToken cancel) => Claim(id, RunLock.Take(LockFile(id), clock, waiting, cancel));

    /// <summary>Takes a run to work on, or gives null where another process does.</summary>
    public RunClaim? TryClaim(string id) => RunLock.TryTake(LockFile(id), clock) is { } held ? Claim(id, held) : null;

    /// <summary>Who works on a run, or null.</summary>
    public string? Holder(string id) => RunLock.Holder(LockFile(id), clock);

    private RunClaim Claim(string id, RunLock held)
    {
        string work = Path.Combine(Folder, id + Work);
        if (!Directory.Exists(Path.Combine(Folder, id))) // another process may have finished it meanwhile
            Directory.CreateDirectory(work);
        Leftovers.RemoveAll(work);
        return new RunClaim(held, work);
    }

    /// <summary>Finishes a run: writes its summary and record, then renames its folder into place.</summary>
    public void Complete(RunClaim claim, string id, RunSummary summary, RunRecord record)
    {
        AtomicFile.WriteText(Path.Combine(claim.Folder, "summary.json"), JsonSerializer.Serialize(summary, s_json) + "\n");
        AtomicFile.WriteText(Path.Combine(claim.Folder, Record), JsonSerializer.Serialize(record, s_json) + "\n");
        claim.Held.Require();
        Directory.Move(claim.Folder, Path.Combine(Folder, id));
        File.Delete(ErrorFile(id));
        File.Delete(DivergedFile(id));
    }

    /// <summary>Keeps why a run failed, for the report; the run is tried again the next time.</summary>
    public void Fail(string id, string error) => AtomicFile.WriteText(ErrorFile(id), error);

    /// <summary>Keeps why the training of a run cannot be finished, which is a result, too: it would come to the same again.</summary>
    public void Diverge(string id, string error) => AtomicFile.WriteText(DivergedFile(id), error);

    /// <summary>Whether the training of a run came to no finite end.</summary>
    public bool HasDiverged(string id) => File.Exists(DivergedFile(id));

    /// <summary>Why the run failed the last time, or null.</summary>
    public string? Error(string id) => new[] { ErrorFile(id), DivergedFile(id) }.Where(File.Exists).Select(File.ReadAllText).FirstOrDefault();

    private string LockFolder => Path.Combine(Folder, "locks");

    private string ErrorFile(string id) => Path.Combine(Folder, id + Failed);

    private string DivergedFile(string id) => Path.Combine(Folder, id + Diverged);

    private string LockFile(string id) => Path.Combine(LockFolder, id + ".lock");

    private static T Read<T>(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllText(path), s_json) ?? throw new JsonException("null");
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            string what = e is JsonException fault ? $"damaged at {JsonErrors.Place(fault)}" : "cannot be read";
            throw new InvalidDataException($"{path}: {what}; delete the folder {Path.GetDirectoryName(path)} to have the run made again", e);
        }
    }
}

/// <summary>A run this process works on.</summary>
internal sealed record RunClaim(RunLock Held, string Folder) : IDisposable
{
    /// <summary>Gives the run back, finished or not; an empty folder does not stay.</summary>
    public void Dispose()
    {
        if (Directory.Exists(Folder) && !Directory.EnumerateFileSystemEntries(Folder).Any())
            Directory.Delete(Folder);
        Held.Dispose();
    }
}

/// <summary>The content of run.json: what was run, where and how fast.</summary>
internal sealed record RunRecord(string Id, string Recipe, ulong Seed, GridPoint Point, RunFacts Facts)
{
    /// <summary>The name of its trained weights, in the sweep's folder weights; empty where it was trained elsewhere.</summary>
    public string Weights { get; init; } = "";

    /// <summary>Names weights, sampling and prompts: runs that differ only in the gold model have the same.</summary>
    public string Responses { get; init; } = "";

    /// <summary>After how many of the prompts, in the order of a search, it was stopped (<see cref="Contest"/>); null of a run that has answered all.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? FirstPrompts { get; init; }
}
