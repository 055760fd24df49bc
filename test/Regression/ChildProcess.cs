using System.Diagnostics;
using System.Globalization;
using Alignment.Data;
using Alignment.Data.World;
using Alignment.Doctor;
using Alignment.Harness;
using Alignment.Recipes;
using Alignment.Reports;
using Alignment.Sweeps;

namespace Alignment.Tests.Regression;

/// <summary>
/// This test assembly as a program: `Alignment.Tests.Regression.dll recipe.json sweeps-folder` runs a recipe and prints its progress, so that
/// a test can kill a real process in the middle of a run; `… report store-folder` makes a stored sweep's report and `… pairs file` reads
/// a data file, `… data recipe.json` all data of a recipe, and each prints what it took; `… ranks case` is a rank of an mpirun, and what the jobs of a cluster call is <see cref="SweepProgram"/>.
/// </summary>
internal static class ChildProcess
{
    private static int Main(string[] arguments) => arguments[0] switch
    {
        "report" => Report(arguments[1]),
        "pairs" => Pairs(arguments[1]),
        "data" => Data(arguments[1]),
        "ranks" => Ranks.RankCases.Run(arguments[1..]),
        "submit" or "status" or "stage" or "points" => SweepProgram.Run(arguments),
        _ => Sweep(arguments),
    };

    private static int Report(string folder)
    {
        var clock = Stopwatch.StartNew();
        int files = ReportWriter.Write(SweepFile.Read(folder)).Count;
        Console.WriteLine(FormattableString.Invariant($"{files}-files {clock.Elapsed.TotalSeconds:F1} s peak {PeakMiB():F0} MiB"));
        return 0;
    }

    // what a sweep and the doctor do with a file of pairs before a model is read
    private static int Pairs(string path)
    {
        var clock = Stopwatch.StartNew();
        (IReadOnlyList<PreferencePair> pairs, ReadReport report) = PreferenceData.Read(PairFormats.Tell(path), path, new());
        Console.WriteLine(FormattableString.Invariant($"{report}: {clock.Elapsed.TotalSeconds:F1} s peak {PeakMiB():F0} MiB"));
        PromptSplit split = PromptSplit.Of(pairs, new(0, 0.001), seed: 1);
        TestPrompts test = TestPrompts.Of(split.Test, split.Training, PromptRule.Drop, PromptRule.Drop);
        Console.WriteLine(string.Join("; ", RowsCheck.Of(report, pairs)));
        Console.WriteLine(FormattableString.Invariant($"judged and split: {clock.Elapsed.TotalSeconds:F1} s peak {PeakMiB():F0} MiB"));
        var tokenizer = new PairTokenizer(EmbeddedWorld.Tokenizer, new() { MaxPrompt = 512, MaxTotal = 1024 });
        IReadOnlyList<TokenizedPair> tokens = tokenizer.TokenizeAll(split.Training);
        long ids = tokens.Sum(pair => (long)pair.Prompt.Length + pair.Chosen.Length + pair.Rejected.Length);
        Console.WriteLine(FormattableString.Invariant($"{tokens.Count} {test.Pairs.Count} {ids} ids {clock.Elapsed.TotalSeconds:F1} s peak {PeakMiB():F0} MiB"));
        return 0;
    }

    private static int Data(string recipe)
    {
        var clock = Stopwatch.StartNew();
        SweepData data = SweepData.Read(RecipeFile.Load(recipe, Path.GetDirectoryName(recipe)!), new() { SweepsFolder = "" }, line => Console.WriteLine($"{Processor():F1} {line}"));
        double seconds = clock.Elapsed.TotalSeconds, processor = Processor();
        long ids = data.Training.Sum(pair => (long)pair.Prompt.Length + pair.Chosen.Length + pair.Rejected.Length);
        Console.WriteLine(FormattableString.Invariant($"{data.Training.Count} pairs {ids} ids {seconds:F1} s {processor:F1} s-of-processors peak {PeakMiB():F0} MiB"));
        return 0;

        static double Processor() => Environment.CpuUsage.TotalTime.TotalSeconds;
    }

    private static double PeakMiB() =>
        double.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ')[^2], CultureInfo.InvariantCulture) / 1024;

    /// <summary>How its sweeps run.</summary>
    public static SweepOptions Options(string sweeps) => new() { SweepsFolder = sweeps, Threads = 1, MicroBatch = 4, GenerationBatch = 6, CheckpointSteps = 2, ProgressSeconds = 0 };

    private static int Sweep(string[] arguments)
    {
        using var sweep = new Sweep(RecipeFile.Load(arguments[0], Directory.GetCurrentDirectory()), Options(arguments[1]), TimeProvider.System, Console.WriteLine);
        foreach (GridPoint point in Grid.PreferencePoints(RecipeFile.Load(arguments[0], Directory.GetCurrentDirectory())))
            Console.WriteLine($"done {sweep.Run(point, CancellationToken.None).Id} {ResidentBytes()}");
        sweep.Collect(CancellationToken.None);
        return 0;
    }

    private static long ResidentBytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    /// <summary>Runs the program to its end, or kills it (SIGKILL) at the n-th line that starts with <paramref name="marker"/>.</summary>
    /// <returns>All lines it printed, and whether it came to its end.</returns>
    public static (IReadOnlyList<string> Lines, bool Ended) Run(string recipe, string sweeps, string? marker = null, int occurrence = 1)
    {
        using Process child = Start(recipe, sweeps);
        List<string> lines = [];
        while (child.StandardOutput.ReadLine() is { } line)
        {
            lines.Add(line);
            if (marker != null && line.Contains(marker, StringComparison.Ordinal) && --occurrence == 0)
                child.Kill();
        }

        child.WaitForExit();
        return (lines, child.ExitCode == 0);
    }

    /// <summary>Runs the program to its end, or kills it (SIGKILL) so long after its first line.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="sweeps">The folder of stores.</param>
    /// <param name="time">How long it runs at most.</param>
    /// <param name="fileLocks">False: as on a shared file system that has none.</param>
    /// <returns>All lines it printed, the time from the first line on, and whether it came to its end.</returns>
    public static (IReadOnlyList<string> Lines, TimeSpan Time, bool Ended) RunFor(string recipe, string sweeps, TimeSpan time, bool fileLocks = true)
    {
        using Process child = Start(recipe, sweeps, fileLocks);
        List<string> lines = [];
        Stopwatch? clock = null;
        using var killer = new Timer(_ => child.Kill());
        while (child.StandardOutput.ReadLine() is { } line)
        {
            lines.Add(line);
            if (clock == null && time != TimeSpan.MaxValue)
                killer.Change(time, Timeout.InfiniteTimeSpan);
            clock ??= Stopwatch.StartNew();
        }

        child.WaitForExit();
        return (lines, clock?.Elapsed ?? TimeSpan.Zero, child.ExitCode == 0);
    }

    /// <summary>Runs a shard of a recipe's points, as a job or another machine does, to its end.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="sweeps">The folder of stores.</param>
    /// <param name="shard">1/2, 2/2, …</param>
    /// <returns>All lines it printed, and whether it came to its end.</returns>
    public static (IReadOnlyList<string> Lines, bool Ended) RunShard(string recipe, string sweeps, string shard)
    {
        using Process child = Start(["points", $"Recipe={recipe}", $"SweepsDir={sweeps}", $"Shard={shard}", "Threads=1", "MicroBatch=4"]);
        string lines = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return (lines.Split('\n'), child.ExitCode == 0);
    }

    private static Process Start(string recipe, string sweeps, bool fileLocks = true) => Start([recipe, sweeps], fileLocks);

    private static Process Start(string[] arguments, bool fileLocks = true)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", typeof(ChildProcess).Assembly.Location, .. arguments]) { RedirectStandardOutput = true };
        start.Environment["OMP_NUM_THREADS"] = 1.ToString(CultureInfo.InvariantCulture);
        start.Environment["DOTNET_TieredCompilation"] = "0"; // code that is compiled again in the background would look like a leak
        if (!fileLocks)
            start.Environment["DOTNET_SYSTEM_IO_DISABLEFILELOCKING"] = "1";
        return Process.Start(start)!;
    }
}
