using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Alignment.Distributed;
using NUnit.Framework;

namespace Alignment.Tests.Regression.Ranks;

/// <summary>A whole sweep by two ranks: reference pass, training, responses and log-probs are shared, and every file that follows from the recipe is one rank's.</summary>
[NonParallelizable]
public sealed class RankedSweepTests
{
    private readonly string _root = Directory.CreateTempSubdirectory("ranked").FullName;

    [OneTimeSetUp]
    public void RunAlone()
    {
        Mpirun.Require();
        Assert.That(ChildProcess.Run(MicroSweep.RecipePath, Sweeps("alone")).Ended);
    }

    [OneTimeTearDown]
    public void Clean() => Directory.Delete(_root, recursive: true);

    [Test]
    public void Two_ranks_store_what_one_stores()
    {
        Mpirun.Run(2, "sweep", MicroSweep.RecipePath, Sweeps("two"));
        Assert.That(StoreFiles.Results(Sweeps("two")), Is.EqualTo(StoreFiles.Results(Sweeps("alone"))));
    }

    // the judge is trained by rank 0 and scores on both
    [Test]
    public void Two_ranks_train_a_judge_and_score_by_it_as_one_does()
    {
        string recipe = GoldRecipe.Write(Directory.CreateDirectory(Path.Combine(_root, "gold")).FullName);
        Assert.That(ChildProcess.Run(recipe, Sweeps("gold alone")).Ended);
        Mpirun.Run(2, "sweep", recipe, Sweeps("gold two"));
        Assert.That(StoreFiles.Results(Sweeps("gold two")), Is.EqualTo(StoreFiles.Results(Sweeps("gold alone"))));
    }

    [TestCase(0, "[DPO-b0.1-lr1e-3-e1] train: step 3/6"), TestCase(1, "[DPO-b0.1-lr1e-3-e1] train: step 3/6"), TestCase(1, "[SimPO-b2.0-r0.5-lr1e-3-e1] generate")]
    public void A_rank_that_is_killed_ends_the_other_in_time_and_the_sweep_goes_on_to_the_same_bytes(int victim, string marker)
    {
        string sweeps = Sweeps($"killed {victim} {marker}"), codes = Directory.CreateDirectory(Path.Combine(_root, "codes")).FullName;
        using (Process job = Mpirun.StartWatched(2, codes, "sweep", MicroSweep.RecipePath, sweeps))
        {
            job.ErrorDataReceived += (_, _) => { };
            job.BeginErrorReadLine();
            Dictionary<string, int> processes = [];
            string? line;
            while ((line = job.StandardOutput.ReadLine()) != null && !line.Contains(marker, StringComparison.Ordinal))
                if (line.Split(' ') is ["rank", var rank, "process", var id])
                    processes[rank] = int.Parse(id, CultureInfo.InvariantCulture);
            Assert.That(line, Does.Contain(marker), "the marker was printed, so the kill came there");
            using (var process = Process.GetProcessById(processes[victim.ToString(CultureInfo.InvariantCulture)]))
                process.Kill();
            var clock = Stopwatch.StartNew();
            job.StandardOutput.ReadToEnd();
            Assert.That(job.WaitForExit(TimeSpan.FromSeconds(30) - clock.Elapsed), "within 30 s");
            TestContext.Out.WriteLine(FormattableString.Invariant($"{clock.Elapsed.TotalSeconds:F1} s"));
        }

        Assert.That(File.ReadAllText(Path.Combine(codes, $"{1 - victim}")).Trim(), Is.EqualTo($"{RankExit.TryAgain}"));
        Mpirun.Run(2, "sweep", MicroSweep.RecipePath, sweeps);
        Assert.That(StoreFiles.Results(sweeps), Is.EqualTo(StoreFiles.Results(Sweeps("alone"))));
    }

    [Test]
    public void What_two_ranks_began_one_ends()
    {
        string sweeps = Sweeps("begun");
        using (Process job = Mpirun.StartWatched(2, _root, "sweep", MicroSweep.RecipePath, sweeps))
        {
            while (job.StandardOutput.ReadLine() is { } line && !line.Contains("[LN-DPO-b2.0-lr1e-3-e1] train: step 5/6", StringComparison.Ordinal))
            {
            }

            job.Kill();
            job.WaitForExit();
        }

        Assert.That(ChildProcess.Run(MicroSweep.RecipePath, sweeps).Ended);
        Assert.That(StoreFiles.Results(sweeps), Is.EqualTo(StoreFiles.Results(Sweeps("alone"))));
    }

    [Test]
    public void The_program_of_a_test_project_starts_its_ranks_itself_where_there_is_no_dotnet_in_the_path_too()
    {
        string assembly = typeof(Mpirun).Assembly.Location, own = Path.ChangeExtension(assembly, null);
        Assert.That(Points(Sweeps("one by program"), "dotnet", [assembly]), Is.Zero);
        Assert.That(Points(Sweeps("two by dotnet"), "dotnet", [assembly], "Ranks=2"), Is.Zero);
        Assert.That(Points(Sweeps("two by program"), own, [], "Ranks=2"), Is.Zero);
        foreach (string two in new[] { "two by dotnet", "two by program" })
            Assert.That(StoreFiles.Results(Sweeps(two)), Is.EqualTo(StoreFiles.Results(Sweeps("one by program"))), two);
    }

    private int Points(string sweeps, string program, string[] first, params string[] more)
    {
        var start = new ProcessStartInfo(program, [.. first, "points", $"Recipe={MicroSweep.RecipePath}", $"SweepsDir={sweeps}", "Threads=1", "MicroBatch=4", .. more])
        {
            RedirectStandardOutput = true,
        };
        if (first.Length == 0) // a program that was published has its runtime beside it; that of a build is told where it is
        {
            start.Environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../.."));
            start.Environment["PATH"] = PathOfMpirun();
        }
        using Process started = Process.Start(start)!;
        started.StandardOutput.ReadToEnd();
        started.WaitForExit();
        return started.ExitCode;
    }

    // mpirun, and what it looks for even where all ranks are on its own machine
    private string PathOfMpirun()
    {
        string folder = Directory.CreateDirectory(Path.Combine(_root, "path")).FullName;
        foreach (string tool in new[] { "mpirun", "ssh", "rsh" })
            if (Environment.GetEnvironmentVariable("PATH")!.Split(':').Select(path => Path.Combine(path, tool)).FirstOrDefault(File.Exists) is { } found)
                File.CreateSymbolicLink(Path.Combine(folder, tool), found);
        return folder;
    }

    private string Sweeps(string name) => Path.Combine(_root, string.Concat(name.Where(char.IsAsciiLetterOrDigit)));
}
