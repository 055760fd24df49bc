using System.Reflection;
using System.Runtime.InteropServices;
using Alignment.Files;
using Alignment.Recipes;
using Alignment.Reports;
using Alignment.Sweeps;
using Alignment.Sweeps.Slurm;

namespace Alignment.Harness;

/// <summary>
/// A test project as a program, for machines on which jobs wait in a queue. The build makes it the project's Main:
/// <c>dotnet MyTests.dll submit Recipe=my.json</c>, <c>status</c>, and <c>stage NAME [POINT]</c>, which jobs call. Targets Submit and Status run it.
/// </summary>
public static partial class SweepProgram
{
    private const string Usage = "give submit, status, or stage with its name and, of a grid, a point's place; then parameters as NAME=VALUE";
    private const string Requeue = "Requeue", Expect = "RecipeDigits";
    private const int Digits = 16, UserSignal = 10; // SIGUSR1

    // of a submission alone; jobs are given all others
    private static readonly string[] s_ofSubmission = ["Partition", "MaxJobs", "TimeLimit", "SbatchOptions", "DryRun", "Shard"];

    /// <summary>Runs a command.</summary>
    /// <param name="arguments">submit, status or stage …, then NAME=VALUE as <c>dotnet test -p:NAME=VALUE</c> has them.</param>
    /// <returns>0; 1 after a failure; 2 where the command is none; 75 where a job was told to stop and can go on.</returns>
    public static int Run(IReadOnlyList<string> arguments)
    {
        string[] words = [.. arguments.TakeWhile(word => !word.Contains('=', StringComparison.Ordinal))];
        using var stop = new CancellationTokenSource();
        try
        {
            Parameters.Take(arguments.Skip(words.Length).Select(word => word.Split('=', 2))
                .Select(parts => KeyValuePair.Create(parts[0], parts.Length > 1 ? parts[1] : throw new ArgumentException($"{parts[0]}: {Usage}"))));
            switch (words)
            {
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
            bool queued = Parameters.IsTrue(Requeue) && SlurmTools.OnPath.Requeue();
            Console.Error.WriteLine($"stopped; it goes on where it was when it is run again{(queued ? ", and is queued for that" : "")}");
            return RunLock.TryAgain;
        }
        catch (Exception e)
        {
            Console.Error.WriteLine(SweepFaults.Explains(e) || e is InvalidOperationException or StageOutOfMemoryException or Training.NonFiniteLossException ? e.Message : e.ToString());
            return 1;
        }
    }

    private static Stage Of(string name) => Enum.TryParse(name, ignoreCase: true, out Stage stage) && Enum.IsDefined(stage) ? stage
        : throw new ArgumentException($"there is no stage {name}: give {string.Join(", ", Enum.GetNames<Stage>()).ToLowerInvariant()}");

    private static void Submit()
    {
        Recipe recipe = SweepParameters.Load();
        using Sweep sweep = Open(recipe, Reading);
        SweepState state = sweep.State();
        IReadOnlyList<PlannedStage> stages = StagePlan.Of(recipe, state.IsStored);
        Console.WriteLine($"{recipe.Name}: {state.Points.Count(point => point.Run == null)} of {state.Points.Count} points to run");
        bool dry = SweepParameters.DryRun;
        SlurmTools slurm = SlurmTools.OnPath;
        SlurmSettings settings = Settings();
        string folder = Path.Combine(state.Folder, "slurm");
        var program = new JobProgram
        {
            DotNet = Environment.ProcessPath ?? "dotnet",
            Assembly = Assembly.GetEntryAssembly()!.Location,
            WorkingFolder = Path.GetFullPath(Parameters.WorkingFolder),
            Parameters =
            [
                .. Parameters.All.Where(given => !s_ofSubmission.Contains(given.Key) && given.Key is not ("Threads" or "WorkingDirectory")),
                new("Threads", $"{settings.Threads}"), new("WorkingDirectory", Path.GetFullPath(Parameters.WorkingFolder)),
                new(Expect, Fingerprint.Of(recipe.Text, Digits)), new(Requeue, slurm.Limits().RequeuesItself ? "false" : "true"),
            ],
        };
        Console.WriteLine($"a job has {settings.Threads} threads{(settings.Gpu ? " and a GPU" : "")}, runs on {Parameters.Text("Device") ?? "cpu"}, "
            + $"and is told to stop {SlurmSettings.StopSeconds} s before its time ends");
        if (!dry)
        {
            Submission.Require(folder, slurm);
            program = program.CopiedTo(Path.Combine(folder, "program"));
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
        // the job's script has it ignored while this program starts, and .NET leaves what is ignored alone
        _ = Handle(UserSignal, 0);
        using PosixSignalRegistration term = OnSignal(PosixSignal.SIGTERM), interrupt = OnSignal(PosixSignal.SIGINT), user = OnSignal((PosixSignal)UserSignal);
        Recipe recipe = SweepParameters.Load();
        if (Parameters.Text(Expect) is { } expected && Fingerprint.Of(recipe.Text, Digits) != expected)
            throw new InvalidDataException($"{recipe.File} has changed since its jobs were submitted, and an index may name another point: submit it again");
        using Sweep sweep = Open(recipe, stage is Stage.Winner or Stage.Report ? Reading : Options);
        sweep.Check();
        switch (stage)
        {
            case Stage.Judge:
                sweep.PrepareJudges(stop.Token);
                break;
            case Stage.Sft:
                Told(sweep.RunAlone(Point(Grid.SftPoints(recipe), place), stop.Token));
                break;
            case Stage.Winner:
                Told(sweep.StoredWinner());
                break;
            case Stage.Reference:
                sweep.PrepareReference(stop.Token);
                break;
            case Stage.Preference:
                Told(sweep.RunAlone(Point([.. Sweep.Rounds(recipe).SelectMany(round => round)], place), stop.Token));
                break;
            default:
                _ = sweep.StoredWinner();
                StoredSweep stored = sweep.Collect(stop.Token);
                ReportWriter.Write(stored);
                foreach (MissingRun missing in stored.Missing)
                    Console.WriteLine($"missing: {missing.Point.Slug}: {missing.Error ?? "not run yet"}");
                Console.WriteLine($"report: {Path.Combine(stored.Folder, "report.html")}");
                break;
        }

        return 0;

        PosixSignalRegistration OnSignal(PosixSignal signal) => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
    }

    [LibraryImport("libc", EntryPoint = "signal")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Handle(int signal, nint handler);

    private static void Told(StoredRun run) => Console.WriteLine(FormattableString.Invariant($"{run.Id}: mean score {run.Summary.MeanScore.Value:F3}"));

    private static GridPoint Point(IReadOnlyList<GridPoint> points, int? place) => place is { } at && at >= 0 && at < points.Count ? points[at]
        : throw new ArgumentException($"the grid has points 0 … {points.Count - 1}, was {(place is { } given ? $"{given}" : "none")}");

    private static SweepOptions Options => SweepParameters.Options("cpu", Assembly.GetEntryAssembly()!);

    // where nothing is computed: this machine need not have the device of the jobs, nor their memory
    private static SweepOptions Reading => Options with { Device = "cpu", Memory = device => new(device, 1L << 60) };

    private static Sweep Open(Recipe recipe, SweepOptions options, Action<string>? log = null) => new(recipe, options, TimeProvider.System, log ?? Console.WriteLine);
}
