using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>
/// A sweep on a Slurm of two virtual nodes (test/Slurm/sweep.sh): stopped in the middle, a node killed, and still every point once and the bytes of an
/// undisturbed sweep. <c>-p:SlurmPoints=200</c> has more points.
/// </summary>
[NonParallelizable, Category("Slurm")]
public sealed class SlurmTests
{
    private const int Few = 24;
    private readonly string _program = Directory.CreateTempSubdirectory("slurm-tests").FullName;

    [OneTimeTearDown]
    public void Clean() => Directory.Delete(_program, recursive: true);

    [Test]
    public void A_sweep_that_a_cluster_disturbs_ends_as_one_that_it_does_not()
    {
        if (!Environment.IsPrivilegedProcess)
            Assert.Ignore("Slurm's nodes are started by root");
        string[] missing = [.. new[] { "slurmctld", "slurmd", "sbatch", "munged" }.Where(tool => !IsThere(tool))];
        if (missing.Length > 0)
            Assert.Ignore($"there is no {string.Join(", no ", missing)}: apt-get install slurm-wlm munge");
        string root = typeof(SlurmTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(attribute => attribute.Key == "Alignment.RepoRoot").Value!;
        string points = TestContext.Parameters.Get("SlurmPoints") is { Length: > 0 } given ? given : Few.ToString(CultureInfo.InvariantCulture);
        var start = new ProcessStartInfo("bash", ["-c", "exec \"$0\" \"$1\" 2>&1", Path.Combine(root, "test/Slurm/sweep.sh"), points]) { RedirectStandardOutput = true };
        start.Environment["TESTS"] = CopyUnmeasured(root, _program);
        using Process script = Process.Start(start)!;
        List<string> lines = [];
        while (script.StandardOutput.ReadLine() is { } line)
        {
            lines.Add(line);
            TestContext.Progress.WriteLine(line);
        }

        script.WaitForExit();
        Assert.That(script.ExitCode, Is.Zero, string.Join('\n', lines));
        Assert.That(lines[^1], Does.StartWith($"{points} points: nothing lost, nothing twice, the bytes of an undisturbed sweep"));
    }

    // jobs have sessions of their own, in which the files that coverage writes as a process ends are not locked against each other: they run what was built
    private static string CopyUnmeasured(string root, string folder)
    {
        string output = AppContext.BaseDirectory;
        foreach (string file in Directory.EnumerateFiles(output, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(folder, Path.GetRelativePath(output, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        File.Copy(Path.Combine(root, "src/Alignment", Path.GetRelativePath(Path.Combine(root, "test/Regression"), output), "Alignment.dll"), Path.Combine(folder, "Alignment.dll"), overwrite: true);
        return Path.Combine(folder, Path.GetFileName(typeof(SlurmTests).Assembly.Location));
    }

    private static bool IsThere(string tool) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Any(folder => File.Exists(Path.Combine(folder, tool)));
}
