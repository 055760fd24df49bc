using System.Globalization;
using Alignment.Kernels.Native;

namespace Alignment.Sweeps.Slurm;

/// <summary>What a job runs: a user's test project as a program, such as <c>dotnet FILE stage sft 3 Recipe=mine.json …</c>.</summary>
internal sealed record JobProgram
{
    /// <summary>The command, and the words it begins with; the last of these is a file in the program's folder.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Where relative paths start.</summary>
    public required string WorkingFolder { get; init; }

    /// <summary>What was given at submission: names and values.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Parameters { get; init; }

    /// <summary>Variables of the environment that it needs: a cluster need not hand on those of the submission.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Variables { get; init; } = [];

    /// <summary>Those that name the libtorch of this process.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> OfLibTorch => [.. TorchLibrary.GivenVariables()];

    /// <summary>The program as it is now, in a folder of its own: what is built while jobs wait does not change them.</summary>
    /// <param name="folder">What it holds is replaced.</param>
    /// <param name="stores">The folder of the run stores, which are no part of the program: a bundle keeps them beside itself.</param>
    public JobProgram CopiedTo(string folder, string stores)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        string from = Path.GetDirectoryName(Command[^1])!, without = Path.TrimEndingDirectorySeparator(Path.GetFullPath(stores)) + Path.DirectorySeparatorChar;
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories).Where(file => !Path.GetFullPath(file).StartsWith(without, StringComparison.Ordinal)).ToList())
        {
            string to = Path.Combine(folder, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }

        return this with { Command = [.. Command.SkipLast(1), Path.Combine(folder, Path.GetFileName(Command[^1]))] };
    }
}

/// <summary>The script of a stage's jobs, as text.</summary>
/// <param name="Sweep">The recipe's name.</param>
/// <param name="Folder">Where scripts and logs are.</param>
/// <param name="Settings">What is asked of Slurm.</param>
/// <param name="Program">What is run.</param>
internal sealed record JobScript(string Sweep, string Folder, SlurmSettings Settings, JobProgram Program)
{
    private const string Processor = "Device=cpu";
    private static readonly string[] s_ofDevices = ["Device", "Ranks"];

    /// <summary>Where a stage's jobs write what they print.</summary>
    public string Logs => Path.Combine(Folder, "logs");

    /// <summary>The script.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="array">Of a grid, the points; else null.</param>
    public string Text(PlannedStage stage, JobArray? array)
    {
        string[] parameters =
        [
            .. Program.Parameters.Where(value => stage.NeedsDevice || !s_ofDevices.Contains(value.Key)).Select(value => $"{value.Key}={value.Value}"),
            .. stage.NeedsDevice ? [] : new[] { Processor },
        ];
        string point = array == null ? "" : array.First == 0 ? " \"$SLURM_ARRAY_TASK_ID\""
            : string.Create(CultureInfo.InvariantCulture, $" \"$(({array.First} + SLURM_ARRAY_TASK_ID))\"");
        return string.Join('\n',
        [
            "#!/bin/bash",
            .. Options(stage, array).Select(option => $"#SBATCH {option}"),
            $"# {What(stage)} A job that is told to stop writes a checkpoint, ends with {RunLock.TryAgain} and is queued again.",
            "trap '' USR1 # which is met before the program has begun to listen",
            "export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive DOTNET_GCgen0size=0x8000000",
            .. Program.Variables.Select(variable => $"export {variable.Key}={Quoted(variable.Value)}"),
            $"exec {string.Join(' ', Program.Command.Select(Quoted))} stage {stage.Name}{point} {string.Join(' ', parameters.Select(Quoted))}",
            "",
        ]);
    }

    private IEnumerable<string> Options(PlannedStage stage, JobArray? array)
    {
        yield return $"--job-name={Sweep}-{stage.FileName}";
        yield return $"--output=\"{Path.Combine(Logs, stage.FileName).Replace("%", "%%", StringComparison.Ordinal)}-{(array == null ? "%j" : "%A_%a")}.txt\"";
        yield return "--open-mode=append";
        yield return $"--chdir=\"{Program.WorkingFolder}\"";
        yield return "--nodes=1";
        yield return "--ntasks=1";
        yield return string.Create(CultureInfo.InvariantCulture, $"--cpus-per-task={Settings.Threads * (stage.NeedsDevice ? Settings.Ranks : 1)}");
        if (Settings.Gpu && stage.NeedsDevice)
            yield return string.Create(CultureInfo.InvariantCulture, $"--gres=gpu:{Settings.Ranks}");
        if (array != null)
            yield return $"--array={array.Text(Settings.MaxJobs)}";
        if (Settings.Partition is { } partition)
            yield return $"--partition={partition}";
        if (Settings.TimeLimit is { } limit)
            yield return $"--time={limit}";
        yield return string.Create(CultureInfo.InvariantCulture, $"--signal=B:USR1@{SlurmSettings.StopSeconds}");
        yield return "--requeue";
        yield return "--kill-on-invalid-dep=yes";
        foreach (string option in Settings.Options)
            yield return option;
    }

    private static string What(PlannedStage stage) => stage.Stage switch
    {
        Stage.Judge => "The judges, ready to score.",
        Stage.Sft => "The index names a point of the SFT grid.",
        Stage.Winner => "The SFT run that every preference run starts from.",
        Stage.Resample => "Its responses to the training prompts, of which a judge chooses pairs.",
        Stage.Reference => "Its log-probs of the training pairs.",
        Stage.Preference => "The index names a point of the methods' grids, or a run of the search.",
        _ => "Tables, figures and page of what is stored.",
    };

    // for bash; nothing in single quotes means anything
    private static string Quoted(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
