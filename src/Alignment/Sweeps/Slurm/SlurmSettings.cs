using System.Text.RegularExpressions;

namespace Alignment.Sweeps.Slurm;

/// <summary>What a user asks of Slurm; none of it changes a result but the number of threads, whose sums round differently.</summary>
internal sealed partial record SlurmSettings
{
    /// <summary>Threads of a job, and the processors it asks for, where nobody says.</summary>
    public const int DefaultThreads = 4;

    /// <summary>Seconds before a job's end at which it is told to write a checkpoint.</summary>
    public const int StopSeconds = 180;

    /// <summary>The partition; null: Slurm's default.</summary>
    public string? Partition { get; private init; }

    /// <summary>A job's time limit as sbatch takes it; null: the partition's. A job that meets it goes on in another one.</summary>
    public string? TimeLimit { get; private init; }

    /// <summary>Jobs of an array that run at a time; null: as many as Slurm lets.</summary>
    public int? MaxJobs { get; private init; }

    /// <summary>Processors of a job.</summary>
    public required int Threads { get; init; }

    /// <summary>Processes that work on a run together; a job has processors, and GPUs, for all of them.</summary>
    public int Ranks { get; init; } = 1;

    /// <summary>Each process of a job that computes gets a GPU.</summary>
    public required bool Gpu { get; init; }

    /// <summary>Further options of sbatch, which come last and win.</summary>
    public IReadOnlyList<string> Options { get; private init; } = [];

    /// <summary>Refuses what is not of the form that sbatch takes, all at once: these texts become lines of a script.</summary>
    /// <exception cref="ArgumentException">The faults, a line each.</exception>
    public SlurmSettings With(string? partition, string? timeLimit, int? maxJobs, string? options)
    {
        List<string> faults = [];
        if (partition != null && !Names().IsMatch(partition))
            faults.Add($"-p:Partition must be the name of a partition, or names with commas between, was \"{partition}\"");
        if (timeLimit != null && !Time().IsMatch(timeLimit))
            faults.Add($"-p:TimeLimit must be minutes, hours:minutes:seconds or days-hours, such as 90, 12:00:00 or 2-0, was \"{timeLimit}\"");
        string[] all = options?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        faults.AddRange(all.Where(option => !Option().IsMatch(option)).Select(option => $"-p:SbatchOptions must be options such as --account=NAME with blanks between, was \"{option}\""));
        return faults.Count > 0 ? throw new ArgumentException(string.Join('\n', faults))
            : this with { Partition = partition, TimeLimit = timeLimit, MaxJobs = maxJobs, Options = all };
    }

    [GeneratedRegex(@"^[\w.,-]+\z")]
    private static partial Regex Names();

    [GeneratedRegex(@"^\d+(-\d+(:\d+){0,2}|(:\d+){0,2})\z")]
    private static partial Regex Time();

    [GeneratedRegex(@"^--[a-z][a-z-]*(=[\w.,:;/@%+*&|()\[\]~=-]+)?\z")]
    private static partial Regex Option();
}
