using System.Globalization;
using System.Text.Json;
using Alignment.Files;

namespace Alignment.Sweeps.Slurm;

/// <summary>
/// Writes a sweep's scripts into its store and submits them, each stage behind the one before it. Independent points fill the devices: every point is a
/// job of its own.
/// </summary>
/// <param name="script">What jobs run.</param>
/// <param name="slurm">Slurm's commands.</param>
/// <param name="log">Gets a line for each job.</param>
internal sealed class Submission(JobScript script, SlurmTools slurm, Action<string> log)
{
    /// <summary>Prints the scripts after Slurm has checked them; nothing is submitted, and nothing stays but the scripts.</summary>
    public void Print(IReadOnlyList<PlannedStage> stages)
    {
        bool checks = slurm.AreThere;
        foreach ((PlannedStage stage, JobArray? array, string path) in Written(stages))
        {
            string verdict = checks ? slurm.Test(path) : "not checked: no Slurm answers here";
            log($"{path} ({Count(stage, array)}): {verdict}");
            log(script.Text(stage, array));
        }
    }

    /// <summary>Refuses to submit where that cannot succeed, or jobs of the last submission would meet the new ones.</summary>
    /// <param name="folder">Where the sweep's scripts are.</param>
    /// <param name="slurm">Slurm's commands.</param>
    /// <exception cref="InvalidOperationException">There is no Slurm, or jobs are still queued.</exception>
    public static void Require(string folder, SlurmTools slurm)
    {
        if (!slurm.AreThere)
            throw new InvalidOperationException("no Slurm answers here: submit on a machine of a Slurm cluster, or look at the scripts with -p:DryRun=true");
        if (SubmittedJobs.Read(folder) is { } former && former.Queued(slurm.Queue()) is { Count: > 0 } queued)
        {
            string jobs = string.Join(' ', queued.Select(job => job.Job).Distinct());
            throw new InvalidOperationException($"{queued.Count} jobs of the last submission are still queued or running: -t:Status shows them; scancel {jobs} ends them");
        }
    }

    /// <summary>Submits the stages.</summary>
    /// <exception cref="InvalidOperationException">Slurm refuses a script.</exception>
    public void Submit(IReadOnlyList<PlannedStage> stages)
    {
        foreach ((_, _, string path) in Written(stages))
            slurm.Test(path);
        List<SubmittedStage> submitted = [];
        List<string> before = [], now = [];
        PlannedStage? current = null;
        foreach ((PlannedStage stage, JobArray? array, string path) in Written(stages))
        {
            if (current != stage)
                (before, now, current) = (now, [], stage);
            // arrays of one grid would each run as many jobs at a time
            string[] after = [.. before.Count == 0 ? [] : new[] { $"{(stage.TakesFailures ? "afterany" : "afterok")}:{string.Join(':', before)}" },
                .. now.Count == 0 || script.Settings.MaxJobs == null ? [] : new[] { $"afterany:{now[^1]}" }];
            string job = slurm.Submit(path, after.Length == 0 ? [] : [$"--dependency={string.Join(',', after)}"]);
            now.Add(job);
            submitted.Add(new(stage.FileName, job, array?.Indices.Count ?? 1));
            new SubmittedJobs(submitted).Write(script.Folder);
            log($"job {job}: {stage.FileName}, {Count(stage, array)}{(after.Length == 0 ? "" : $", {string.Join(", ", after)}")}");
        }
    }

    private IEnumerable<(PlannedStage Stage, JobArray? Array, string Path)> Written(IReadOnlyList<PlannedStage> stages)
    {
        Directory.CreateDirectory(script.Logs);
        int size = slurm.ArraySize();
        foreach (PlannedStage stage in stages)
            foreach (JobArray? array in stage.Points == null ? new JobArray?[1] : [.. JobArray.Of(stage.Points, size)])
            {
                string path = Path.Combine(script.Folder, array is { First: > 0 } ? string.Create(CultureInfo.InvariantCulture, $"{stage.FileName}-{array.First}.sh") : $"{stage.FileName}.sh");
                AtomicFile.WriteText(path, script.Text(stage, array));
                yield return (stage, array, path);
            }
    }

    private static string Count(PlannedStage stage, JobArray? array) => array == null ? "1 job" : $"{array.Indices.Count} job(s) of {stage.Points!.Count}";
}

/// <summary>What was submitted of a stage.</summary>
/// <param name="Stage">Its name.</param>
/// <param name="Job">Slurm's number.</param>
/// <param name="Count">Its jobs.</param>
internal sealed record SubmittedStage(string Stage, string Job, int Count);

/// <summary>jobs.json: the last submission of a sweep.</summary>
internal sealed record SubmittedJobs(IReadOnlyList<SubmittedStage> Stages)
{
    private const string Name = "jobs.json";
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Those that wait or run.</summary>
    public IReadOnlyList<QueuedJob> Queued(IReadOnlyList<QueuedJob> queue) => [.. queue.Where(job => Stages.Any(stage => stage.Job == job.Job))];

    /// <summary>Writes the file.</summary>
    public void Write(string folder) => AtomicFile.WriteText(Path.Combine(folder, Name), JsonSerializer.Serialize(this, s_json) + "\n");

    /// <summary>Reads it; null where nothing was submitted.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static SubmittedJobs? Read(string folder)
    {
        string path = Path.Combine(folder, Name);
        try
        {
            return !File.Exists(path) ? null : JsonSerializer.Deserialize<SubmittedJobs>(File.ReadAllText(path), s_json) is { Stages: not null } jobs ? jobs : throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: not the list of submitted jobs, damaged at {JsonErrors.Place(e)}; delete it where none of them is queued any more", e);
        }
    }
}
