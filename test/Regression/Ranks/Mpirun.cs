using System.Diagnostics;
using System.Globalization;
using NUnit.Framework;

namespace Alignment.Tests.Regression.Ranks;

/// <summary>This test assembly as the ranks of an mpirun: `… ranks CASE arguments` (<see cref="RankCases"/>).</summary>
internal static class Mpirun
{
    // all ranks on this machine, however few processors it has; a rank that waits lets the others work, and has three seconds between SIGTERM and SIGKILL
    private static readonly string[] s_options = ["--allow-run-as-root", "--oversubscribe", "--bind-to", "none", "--mca", "mpi_yield_when_idle", "1", "--mca", "odls_base_sigkill_timeout", "3"];

    /// <summary>Runs a case to its end.</summary>
    /// <returns>What the ranks wrote on standard output, each line begun by the rank that wrote it.</returns>
    public static IReadOnlyList<string> Run(int ranks, params string[] arguments)
    {
        using Process job = Start(ranks, arguments);
        Task<string> errors = job.StandardError.ReadToEndAsync();
        string[] lines = job.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        job.WaitForExit();
        Assert.That(job.ExitCode, Is.Zero, errors.Result);
        return [.. lines.Order(StringComparer.Ordinal)];
    }

    /// <summary>Starts a case; without mpirun the test is ignored with the reason.</summary>
    public static Process Start(int ranks, params string[] arguments) => Start(ranks, [], arguments);

    /// <summary>Starts a case whose ranks leave their exit codes in FOLDER/RANK.</summary>
    public static Process StartWatched(int ranks, string folder, params string[] arguments) => Start(ranks,
        // the shell outlives what ends its program
        ["sh", "-c", $"trap : TERM; \"$@\"; echo $? > {folder}/$OMPI_COMM_WORLD_RANK", "sh"], arguments);

    private static Process Start(int ranks, string[] wrapper, string[] arguments)
    {
        if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "mpirun"))))
            Assert.Ignore("no mpirun here: apt-get install openmpi-bin lets several ranks be tested");
        var start = new ProcessStartInfo("mpirun",
            [.. s_options, "-np", ranks.ToString(CultureInfo.InvariantCulture), .. wrapper, "dotnet", "exec", typeof(Mpirun).Assembly.Location, "ranks", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["OMP_NUM_THREADS"] = "1";
        start.Environment["TERM"] = "dumb"; // .NET's console else begins each rank's output with a terminal's settings
        return Process.Start(start)!;
    }
}
