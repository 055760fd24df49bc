using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Alignment.Bench.Tracking;

namespace Alignment.Bench.Comparing;

/// <summary>The built benchmarks of one revision.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Assembly">Its Alignment.Bench.dll.</param>
internal sealed record BenchProgram(string Name, string Assembly)
{
    /// <summary>Leaves out baselines and limits; part of the command line that revisions share.</summary>
    public const string WithoutBaselines = "--without-baselines";

    /// <summary>This very program.</summary>
    public static BenchProgram Own(string name) => new(name, typeof(BenchProgram).Assembly.Location);

    /// <summary>Builds the benchmarks of a checked-out revision.</summary>
    /// <exception cref="InvalidOperationException">The build fails.</exception>
    public static BenchProgram Build(Worktree worktree)
    {
        string bench = Path.Combine(worktree.Folder, "bench");
        Run(["build", bench, "-c", "Release", "--nologo", "-v", "quiet"], $"the benchmarks of {worktree.Commit} do not build");
        return new(worktree.Commit, Path.Combine(bench, "bin", "Release", Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/', '\\')), "Alignment.Bench.dll"));
    }

    /// <summary>One round: every benchmark that the filters match.</summary>
    /// <param name="filters">BenchmarkDotNet's globs.</param>
    /// <param name="iterations">Measurements of each benchmark.</param>
    /// <param name="artifacts">Where its results go; emptied first.</param>
    /// <exception cref="InvalidOperationException">The run fails.</exception>
    /// <exception cref="FileNotFoundException">It wrote no result.</exception>
    public IReadOnlyList<BenchmarkResult> Round(IReadOnlyList<string> filters, int iterations, string artifacts)
    {
        if (Directory.Exists(artifacts))
            Directory.Delete(artifacts, recursive: true);
        Run(["exec", Assembly, "--filter", .. filters, "--artifacts", artifacts, "--warmupCount", "1",
            "--iterationCount", iterations.ToString(CultureInfo.InvariantCulture), WithoutBaselines], $"the benchmarks of {Name} failed");
        return ResultFile.Newest(artifacts);
    }

    // what a program prints is shown only when it fails
    private static void Run(IReadOnlyList<string> arguments, string failure)
    {
        using Process process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })!;
        using var end = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => process.Kill(entireProcessTree: true)); // Ctrl-C reaches it by itself
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{failure} (exit code {process.ExitCode}):\n{output}");
    }
}
