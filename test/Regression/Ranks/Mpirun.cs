using System.Diagnostics;
using Alignment.Distributed;
using NUnit.Framework;

namespace Alignment.Tests.Regression.Ranks;

/// <summary>This test assembly as the ranks of an mpirun: `… ranks CASE arguments` (<see cref="RankCases"/>).</summary>
internal static class Mpirun
{
    /// <summary>Ignores the test with the reason where there is no mpirun.</summary>
    public static void Require()
    {
        if (!MpiRun.IsPresent)
            Assert.Ignore("no mpirun here: apt-get install openmpi-bin lets several ranks be tested");
    }

    /// <summary>Runs a case to its end.</summary>
    /// <returns>What the ranks wrote on standard output, each line begun by the rank that wrote it.</returns>
    public static IReadOnlyList<string> Run(int ranks, params string[] arguments) => RunWith([], ranks, arguments);

    /// <summary>As <see cref="Run"/>, each rank with more in its environment: NAME=VALUE.</summary>
    public static IReadOnlyList<string> RunWith(string[] environment, int ranks, params string[] arguments)
    {
        using Process job = Start(ranks, ["env", .. environment], arguments);
        Task<string> errors = job.StandardError.ReadToEndAsync();
        string[] lines = job.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        job.WaitForExit();
        Assert.That(job.ExitCode, Is.Zero, errors.Result);
        return [.. lines.Order(StringComparer.Ordinal)];
    }

    /// <summary>Starts a case whose ranks leave their exit codes in FOLDER/RANK.</summary>
    public static Process StartWatched(int ranks, string folder, params string[] arguments) => Start(ranks,
        // the shell outlives what ends its program
        ["sh", "-c", $"trap : TERM; \"$@\"; echo $? > {folder}/$OMPI_COMM_WORLD_RANK", "sh"], arguments);

    private static Process Start(int ranks, string[] wrapper, string[] arguments)
    {
        Require();
        return MpiRun.Start(ranks, [.. wrapper, "dotnet", "exec", typeof(Mpirun).Assembly.Location, "ranks", .. arguments]);
    }
}
