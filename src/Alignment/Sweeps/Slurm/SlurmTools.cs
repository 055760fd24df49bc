using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Alignment.Sweeps.Slurm;

/// <summary>What a command answered.</summary>
internal sealed record ToolAnswer(int ExitCode, string Output, string Errors);

/// <summary>Slurm's own commands.</summary>
/// <param name="run">Runs a command with its arguments; null where there is none of that name.</param>
internal sealed class SlurmTools(Func<string, IReadOnlyList<string>, ToolAnswer?> run)
{
    private const int DefaultArraySize = 1001;

    /// <summary>Those on the PATH.</summary>
    public static SlurmTools OnPath { get; } = new(RunProcess);

    /// <summary>There is a Slurm to submit to.</summary>
    public bool AreThere => run("sbatch", ["--version"]) is { ExitCode: 0 };

    /// <summary>MaxArraySize of the cluster's configuration: the largest index of an array is one less. Where it does not answer, Slurm's default.</summary>
    public int ArraySize()
    {
        string config = run("scontrol", ["show", "config"]) is { ExitCode: 0 } answer ? answer.Output : "";
        string[]? line = config.Split('\n').Select(line => line.Split('=', 2, StringSplitOptions.TrimEntries)).FirstOrDefault(parts => parts is ["MaxArraySize", _]);
        return line != null && int.TryParse(line[1], NumberStyles.None, CultureInfo.InvariantCulture, out int size) && size > 1 ? size : DefaultArraySize;
    }

    /// <summary>Submits a script.</summary>
    /// <returns>The job's number.</returns>
    /// <exception cref="InvalidOperationException">Slurm refuses it; the message is Slurm's.</exception>
    public string Submit(string script, IEnumerable<string> options) => Sbatch(script, ["--parsable", .. options]).Output.Trim().Split(';')[0];

    /// <summary>Has Slurm check a script, and submits nothing.</summary>
    /// <returns>When and where it would start.</returns>
    /// <exception cref="InvalidOperationException">Slurm would refuse it.</exception>
    public string Test(string script)
    {
        ToolAnswer answer = Sbatch(script, ["--test-only"]);
        return (answer.Errors + answer.Output).Trim().Replace("sbatch: ", "", StringComparison.Ordinal);
    }

    private ToolAnswer Sbatch(string script, IReadOnlyList<string> options)
    {
        ToolAnswer? answer = run("sbatch", [.. options, script]);
        string Refusal() => answer?.Errors.Trim().Replace("sbatch: error: ", "", StringComparison.Ordinal) ?? "there is no sbatch on the PATH";
        return answer is { ExitCode: 0 } ? answer : throw new InvalidOperationException($"sbatch refuses {script}: {Refusal()}");
    }

    /// <summary>The user's jobs that wait or run, an array's one by one; empty where Slurm does not answer.</summary>
    public IReadOnlyList<QueuedJob> Queue() => run("squeue", ["--noheader", "--array", $"--user={Environment.UserName}", "--format=%F %T"]) is { ExitCode: 0 } answer
        ? [.. answer.Output.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(fields => fields.Length == 2)
            .Select(fields => new QueuedJob(fields[0], fields[1]))]
        : [];

    /// <summary>
    /// Queues this process's own job again, where it is one. By its exit code alone (RequeueExit) Slurm would do so, too, yet count an array's task as failed for
    /// the jobs that wait for the array.
    /// </summary>
    /// <returns>Whether Slurm took it.</returns>
    public bool Requeue() => Environment.GetEnvironmentVariable("SLURM_JOB_ID") is { Length: > 0 } job && run("scontrol", ["requeue", job]) is { ExitCode: 0 };

    private static ToolAnswer? RunProcess(string name, IReadOnlyList<string> arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(name, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return new(process.ExitCode, output, errors.Result);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}

/// <summary>A job of the user.</summary>
/// <param name="Job">Its number; of an array's job, the array's.</param>
/// <param name="State">As Slurm says it, such as PENDING or RUNNING.</param>
internal sealed record QueuedJob(string Job, string State);
