using System.Diagnostics;
using System.Globalization;
using Alignment.Distributed;
using NUnit.Framework;

namespace Alignment.Tests.Regression.Ranks;

/// <summary>A rank that is killed (SIGKILL) ends the others, who wait for it in a native call.</summary>
public sealed class DeadRankTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    [TestCase(2), TestCase(4)]
    public void The_others_end_in_time_and_say_try_again(int ranks)
    {
        string folder = Directory.CreateTempSubdirectory("dead-rank").FullName;
        using Process job = Mpirun.StartWatched(ranks, folder, "wait");
        Dictionary<int, int> processes = [];
        while (processes.Count < ranks && job.StandardOutput.ReadLine() is { } line) // rank R process P
            processes.Add(Number(line.Split(' ')[1]), Number(line.Split(' ')[3]));
        var clock = Stopwatch.StartNew();
        using (var victim = Process.GetProcessById(processes[1]))
            victim.Kill();
        Assert.That(job.WaitForExit(s_limit), "mpirun ended");
        Assert.That(processes.Values.Where(id => Directory.Exists($"/proc/{id}")), Is.Empty, "no rank is left");
        TestContext.Out.WriteLine(FormattableString.Invariant($"{clock.Elapsed.TotalSeconds:F1} s"));
        int[] codes = [.. Enumerable.Range(0, ranks).Select(rank => Number(File.ReadAllText(Path.Combine(folder, $"{rank}")).Trim()))];
        Assert.That(codes[1], Is.EqualTo(128 + 9), "by the kill");
        Assert.That(codes.Where((_, rank) => rank != 1), Has.All.EqualTo(RankExit.TryAgain));
        Directory.Delete(folder, recursive: true);
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
