using System.Reflection;
using System.Runtime.InteropServices;
using Alignment.Distributed;
using Alignment.Doctor;
using Alignment.Files;
using Alignment.Recipes;
using Alignment.Reports;
using Alignment.Sweeps;
using Alignment.Sweeps.Slurm;

namespace Alignment.Harness;

/// <summary>
/// A test project as a program, for machines on which jobs wait in a queue. The build makes it the project's Main:
/// <c>dotnet MyTests.dll submit Recipe=my.json</c>, <c>status</c>, and <c>stage NAME [POINT]</c>, which jobs call. Targets Submit and Status run it.
/// <c>points</c> runs a sweep's points; with Ranks=N it and <c>stage</c> do so by N processes together.
/// </summary>
public static partial class SweepProgram
{
    private const string Usage = "give submit, status, points, or stage with its name and, of a grid, a point's place; then parameters as NAME=VALUE";
    private const string Requeue = "Requeue", Expect = "RecipeDigits";
    private const int Digits = 16;

    // of a submission alone; jobs are given all others
    private static readonly string[] s_ofSubmission = ["Partition", "MaxJobs", "TimeLimit", "SbatchOptions", "DryRun", "Shard"];

    /// <summary>Runs a command.</summary>
    /// <param name="arguments">submit, status, points or stage …, then NAME=VALUE as <c>dotnet test -p:NAME=VALUE</c> has them.</param>
    /// <returns>0; 1 after a failure; 2 where the command is none; 3 where runs failed and the others are stored; 75 where a job was told to stop and can go on.</returns>
    public static int Run(IReadOnlyList<string> arguments)
    {
        string[] words = [.. arguments.TakeWhile(word => !word.Contains('=', StringComparison.Ordinal))];
        using var stop = new CancellationTokenSource();
        try
        {
            Parameters.Take(arguments.Skip(words.Length).Select(word => word.Split('=', 2))
                .Select(parts => KeyValuePair.Create(parts[0], parts.Length > 1 ? parts[1] : throw new ArgumentException($"{parts[0]}: {Usage}"))));
            using IDisposable? termination = RankedSweep.OnTermination();
            if (words is ["stage", ..] or ["points"] && RankedSweep.Starts)
                return Started(words, stop);
            switch (words)
            {
                case ["points"]:
                    return RunPoints(stop);
                case ["submit"]:
                    Submit();
                    return 0;
                case ["status"]:
                    Status();
                    return 0;
                case ["stage", var name]:
                    return RunStage(Of(name), null, stop);
                case ["stage", var name, var point] when int.TryParse(point, out int place):
                    return RunStage(Of(name), place, stop);
                default:
                    Console.Error.WriteLine(Usage);
                    return 2;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return Stopped();
        }
        catch (Exception e)
        {
            Console.Error.WriteLine(SweepFaults.Explains(e) || e is InvalidOperationException or StageOutOfMemoryException or Training.NonFiniteLossException ? e.Message : e.ToString());
            return 1;
        }
    }

    private static int Stopped()
    {
        if (RankedSweep.IsRank) // the process that started it tells
            return RankExit.TryAgain;
        Console.Error.WriteLine("stopped; it goes on where it was when it is run again");
        if (Parameters.IsTrue(Requeue) && !SlurmTools.OnPath.Requeue()) // where Slurm does, it may end this process at once
            Console.Error.WriteLine("Slurm has not queued this job again: submit the sweep once more");
        return RankExit.TryAgain;
    }

    // the same words, by several processes together
    private static int Started(IReadOnlyList<string> words, CancellationTokenSource stop)
    {
        using PosixSignalRegistration term = OnSignal(PosixSignal.SIGTERM, stop), interrupt = OnSignal(PosixSignal.SIGINT, stop), user = OnSignal(RankExit.Stop, stop);
        int code = RankedSweep.Run(Assembly.GetEntryAssembly()!, words, Parameters.All, Console.WriteLine, stop.Token);
        return code == RankExit.TryAgain ? Stopped() : code;
    }

    // every point that was asked for; one that fails leaves its reason in the store
    private static int RunPoints(CancellationTokenSource stop)
    {
        using PosixSignalRegistration user = OnSignal(RankExit.Stop, stop);
        Recipe recipe = SweepParameters.Load();
        using Sweep sweep = Open(recipe, Options);
        sweep.Check();
        IReadOnlyList<GridPoint> points = SweepCases.Runs(recipe);
        sweep.Expect(SweepCases.Selected(recipe));
        int failed = 0;
        RankedSweep.Do(sweep, () =>
        {
            foreach (GridPoint point in points)
                try
                {
                    Told(sweep.Run(point, stop.Token));
                }
                catch (Training.NonFiniteLossException e)
                {
                    failed++;
                    Console.Error.WriteLine($"[{point.Slug}] {e.Message}");
                }
        }, stop.Token);
        return failed == 0 ? 0 : RankedSweep.SomeFailed;
    }

    private static PosixSignalRegistration OnSignal(PosixSignal signal, CancellationTokenSource stop)
    {
        if (signal == RankExit.Stop)
            _ = Handle((int)signal, 0); // a job's script has it ignored while this program starts, and .NET leaves what is ignored alone
        return PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
    }

    private static Stage Of(string name) => Enum.TryParse(name, ignoreCase: true, out Stage stage) && Enum.IsDefined(stage) ? stage
        : throw new ArgumentException($"there is no stage {name}: give {string.Join(", ", Enum.GetNames<Stage>()).ToLowerInvariant()}");

    private static void Submit()
    {
        Recipe recipe = SweepParameters.Load();
        SweepOptions options = Reading;
        using Sweep sweep = Open(recipe, options);
        SweepState state = sweep.State();
        IReadOnlyList<PlannedStage> stages = StagePlan.Of(recipe, state.IsStored);
        Console.WriteLine($"{recipe.Name}: {state.Points.Count(point => point.Run == null)} of {state.Points.Count} points to run");
        bool dry = SweepParameters.DryRun;
        SlurmTools slurm = SlurmTools.OnPath;
        SlurmSettings settings = Settings();
        string folder = Path.Combine(state.Folder, "slurm");
        var program = new JobProgram
        {
            Command = OwnProgram.Command(Assembly.GetEntryAssembly()!),
            WorkingFolder = Path.GetFullPath(Parameters.WorkingFolder),
            Parameters =
            [
                .. Parameters.All.Where(given => !s_ofSubmission.Contains(given.Key) && given.Key is not ("Threads" or "WorkingDirectory" or "SweepsDir")),
                // jobs run a copy of the program, whose own place for stores is another
                new("Threads", $"{settings.Threads}"), new("WorkingDirectory", Path.GetFullPath(Parameters.WorkingFolder)), new("SweepsDir", options.SweepsFolder),
                new(Expect, Fingerprint.Of(recipe.Text, Digits)), new(Requeue, "true"),
            ],
            Variables = JobProgram.OfLibTorch,
        };
        Console.WriteLine($"a job has {settings.Threads} threads{(settings.Gpu ? " and a GPU" : "")}, runs on {Parameters.Text("Device") ?? "cpu"}, "
            + $"and is told to stop {SlurmSettings.StopSeconds} s before its time ends");
        if (!dry)
        {
            Submission.Require(folder, slurm);
            program = program.CopiedTo(Path.Combine(folder, "program"), options.SweepsFolder);
        }

        var submission = new Submission(new(recipe.Name, folder, settings, program), slurm, Console.WriteLine);
        if (dry)
            submission.Print(stages);
        else
            submission.Submit(stages);
    }

    private static SlurmSettings Settings() => new SlurmSettings
    {
        Threads = Parameters.Whole("Threads") ?? SlurmSettings.DefaultThreads,
        Ranks = SweepParameters.Ranks,
        Gpu = (Parameters.Text("Device") ?? "cpu") != "cpu",
    }.With(Parameters.Text("Partition"), Parameters.Text("TimeLimit"), Parameters.Whole("MaxJobs"), Parameters.Text("SbatchOptions"));

    private static void Status()
    {
        using Sweep sweep = Open(SweepParameters.Load(), Reading, log: _ => { });
        SweepState state = sweep.State();
        foreach (string line in SlurmStatus.Lines(state, SubmittedJobs.Read(Path.Combine(state.Folder, "slurm")), SlurmTools.OnPath.Queue()))
            Console.WriteLine(line);
    }

    private static int RunStage(Stage stage, int? place, CancellationTokenSource stop)
    {
        // a rank is told of another one's end by SIGTERM
        using PosixSignalRegistration? term = RankedSweep.IsRank ? null : OnSignal(PosixSignal.SIGTERM, stop);
        using PosixSignalRegistration interrupt = OnSignal(PosixSignal.SIGINT, stop), user = OnSignal(RankExit.Stop, stop);
        Recipe recipe = SweepParameters.Load();
        if (Parameters.Text(Expect) is { } expected && Fingerprint.Of(recipe.Text, Digits) != expected)
            throw new InvalidDataException($"{recipe.File} has changed since its jobs were submitted, and an index may name another point: submit it again");
        using Sweep sweep = Open(recipe, stage is Stage.Winner or Stage.Report ? Reading : Options);
        sweep.Check();
        RankedSweep.Do(sweep, () => RunStage(stage, place, (sweep, recipe), stop.Token), stop.Token);
        return 0;
    }

    private static void RunStage(Stage stage, int? place, (Sweep Sweep, Recipe Recipe) of, CancellationToken stop)
    {
        (Sweep sweep, Recipe recipe) = of;
        switch (stage)
        {
            case Stage.Judge:
                sweep.PrepareJudges(stop);
                break;
            case Stage.Sft:
                Told(sweep.RunAlone(Point(Grid.SftPoints(recipe), place), stop));
                break;
            case Stage.Winner:
                Told(sweep.StoredWinner());
                break;
            case Stage.Resample:
                sweep.PrepareResampled(stop);
                break;
            case Stage.Reference:
                sweep.PrepareReference(stop);
                break;
            case Stage.Preference:
                foreach (GridPoint point in Grid.OfTraining(recipe, Point([.. Sweep.Rounds(recipe).SelectMany(round => round)], place)))
                    Told(sweep.RunAlone(point, stop));
                break;
            default:
                _ = sweep.StoredWinner();
                StoredSweep stored = sweep.Collect(stop);
                ReportWriter.Write(stored);
                foreach (MissingRun missing in stored.Missing)
                    Console.WriteLine($"missing: {missing.Point.Slug}: {missing.Error ?? "not run yet"}");
                Console.WriteLine($"report: {Path.Combine(stored.Folder, "report.html")}");
                break;
        }
    }

    [LibraryImport("libc", EntryPoint = "signal")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Handle(int signal, nint handler);

    private static void Told(StoredRun run) => Console.WriteLine(FormattableString.Invariant($"{run.Id}: mean score {run.Summary.MeanScore.Value:F3}"));

    private static GridPoint Point(IReadOnlyList<GridPoint> points, int? place) => place is { } at && at >= 0 && at < points.Count ? points[at]
        : throw new ArgumentException($"the grid has points 0 … {points.Count - 1}, was {(place is { } given ? $"{given}" : "none")}");

    private static SweepOptions Options => SweepParameters.Options("cpu", Assembly.GetEntryAssembly()!);

    // where nothing is computed: this machine need not have the device of the jobs, nor their memory
    private static SweepOptions Reading => Options with { Device = "cpu", Memory = device => new(device, AvailableMemory.Unasked) };

    private static Sweep Open(Recipe recipe, SweepOptions options, Action<string>? log = null) =>
        RankedSweep.IsRank ? RankedSweep.Open(recipe, options) : new(recipe, options, TimeProvider.System, log ?? Console.WriteLine);
}
