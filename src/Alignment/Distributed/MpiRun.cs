using System.Diagnostics;
using System.Globalization;

namespace Alignment.Distributed;

/// <summary>Starts a program as several ranks under Open MPI's mpirun.</summary>
internal static class MpiRun
{
    // By it mpirun tells that it is in a job of Slurm's, and then has Slurm start the ranks, by a job step; but all of them run on the job's one node, beside this
    // process, and the one task of such a job leaves no room for theirs. They have the job's other variables.
    private const string Command = "mpirun", SlurmJob = "SLURM_JOBID";

    // however few processors there are; a rank that waits lets the others work; time between SIGTERM and SIGKILL to end with a code of one's own
    private static readonly string[] s_options =
    [
        "--allow-run-as-root", "--oversubscribe", "--bind-to", "none", "--mca", "mpi_yield_when_idle", "1", "--mca", "odls_base_sigkill_timeout", "3",
    ];

    /// <summary>Whether mpirun is in the PATH.</summary>
    public static bool IsPresent => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, Command)));

    /// <summary>Starts the ranks; what they print comes together.</summary>
    /// <param name="ranks">How many.</param>
    /// <param name="program">The program and its arguments.</param>
    /// <exception cref="InvalidOperationException">There is no mpirun.</exception>
    public static Process Start(int ranks, params IEnumerable<string> program)
    {
        if (!IsPresent)
            throw new InvalidOperationException($"-p:Ranks={ranks} needs Open MPI's mpirun in the PATH (Debian and Ubuntu: apt-get install openmpi-bin)");
        var start = new ProcessStartInfo(Command, [.. s_options, "-x", RankPlace.LaunchVariable, "-np", ranks.ToString(CultureInfo.InvariantCulture), .. program])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["TERM"] = "dumb"; // .NET's console else begins each rank's output with a terminal's settings
        start.Environment.Remove(SlurmJob);
        start.Environment[RankPlace.LaunchVariable] = FormattableString.Invariant($"{Environment.MachineName}-{Environment.ProcessId}-{Stopwatch.GetTimestamp():x}");
        return Process.Start(start)!;
    }

    /// <summary>Runs the ranks to their end.</summary>
    /// <param name="ranks">How many.</param>
    /// <param name="program">The program and its arguments.</param>
    /// <param name="print">Gets each line they print.</param>
    /// <param name="cancel">Asks the ranks to write a checkpoint and end (SIGUSR1, which mpirun hands on).</param>
    /// <returns>0 where all came to their end; 1, 2 or 3 where one said why it did not; else <see cref="RankExit.TryAgain"/>: one died.</returns>
    public static int Run(int ranks, IReadOnlyList<string> program, Action<string> print, CancellationToken cancel)
    {
        using Process job = Start(ranks, program);
        using CancellationTokenRegistration stop = cancel.Register(() => RankExit.AskToStop(job.Id));
        job.OutputDataReceived += (_, line) => Told(line.Data);
        job.ErrorDataReceived += (_, line) => Told(line.Data);
        job.BeginOutputReadLine();
        job.BeginErrorReadLine();
        job.WaitForExit();
        return job.ExitCode is >= 0 and < 4 ? job.ExitCode : RankExit.TryAgain;

        void Told(string? line)
        {
            if (line is { Length: > 0 })
                lock (job)
                    print(line);
        }
    }
}
