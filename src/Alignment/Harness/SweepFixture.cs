using Alignment.Distributed;
using Alignment.Recipes;
using Alignment.Reports;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Harness;

/// <summary>
/// A recipe's sweep: one test a grid point, then the tables and the report. One's own is a line:
/// <c>public sealed class MySweep() : SweepFixture("cpu");</c>, run by <c>dotnet test -p:Recipe=my.json</c>.
/// NUnit's CancelAfter on the class or the assembly stops a run at its last checkpoint.
/// </summary>
/// <param name="device">cpu or cuda:N, unless -p:Device names another. Without that CUDA device the tests are ignored with the reason.</param>
[TestFixture, NonParallelizable, Category("Sweep")]
public abstract class SweepFixture(string device)
{
    private readonly OneMessage _failures = new("the sweep did not start");
    private Sweep? _sweep;
    private LiveCurves? _curves;

    private Sweep Sweep => _sweep ?? throw new InvalidOperationException("the sweep is not open");

    /// <summary>Finds the device, opens the recipe's run store and checks all that can be checked before anything is trained.</summary>
    [OneTimeSetUp]
    public void Open()
    {
        if (_failures.Start(Start) && SweepParameters.DryRun)
            Assert.Ignore($"dry run of {SweepParameters.Recipe}: nothing is trained");
    }

    /// <summary>Frees the gold model.</summary>
    [OneTimeTearDown]
    public void Close()
    {
        _curves?.Dispose();
        _sweep?.Dispose();
    }

    /// <summary>Trains, samples, scores and stores one point, unless it is stored.</summary>
    [TestCaseSource(typeof(SweepCases), nameof(SweepCases.Points)), Order(1)]
    public void Train(GridPoint point) => _failures.Run(point.Slug, () =>
    {
        StoredRun run = SweepParameters.Ranks > 1 && SweepSearch.NumberOf(point) == null ? Stored(point) : Sweep.Run(point, TestContext.CurrentContext.CancellationToken);
        string win = Grid.IsBeforeMethods(point) ? "" : FormattableString.Invariant($", win rate vs {Sweep.StartName} {run.Summary.WinVsSft.Value:F3}");
        TestContext.Out.WriteLine(FormattableString.Invariant(
            $"{run.Id}: mean score {run.Summary.MeanScore.Value:F3} [{run.Summary.MeanScore.Low:F3}, {run.Summary.MeanScore.High:F3}]{win}"));
        if (run.FirstPrompts == null) // else a search has stopped it
            Assert.That(run.Summary.Samples, Is.EqualTo(Sweep.ResponseCount));
    });

    /// <summary>Writes the tables, figures and the page of what is stored.</summary>
    [TestCaseSource(typeof(SweepCases), nameof(SweepCases.Report)), Order(2)]
    public void Report(string recipe) => _failures.Run("the report", () =>
    {
        StoredSweep sweep = Sweep.Collect(TestContext.CurrentContext.CancellationToken);
        ReportWriter.Write(sweep);
        foreach (string file in new[] { "table1.md", "table1.csv", "table3.md", "table3.csv", "runs.md", "runs.csv", "figure1.svg", "report.html" })
        {
            Assert.That(Path.Combine(sweep.Folder, file), Does.Exist, recipe);
            TestContext.AddTestAttachment(Path.Combine(sweep.Folder, file));
        }

        TestContext.Progress.WriteLine(File.ReadAllText(Path.Combine(sweep.Folder, "table1.md")));
        foreach (MissingRun missing in sweep.Missing)
            TestContext.Progress.WriteLine($"missing: {missing.Point.Slug}: {missing.Error ?? "not run yet"}");
        TestContext.Progress.WriteLine($"report: {Path.Combine(sweep.Folder, "report.html")}");
        if (File.Exists(Path.Combine(sweep.Folder, "next.json")))
            TestContext.Progress.WriteLine($"the runs that would decide what is open: the same command with -p:Recipe={Path.Combine(sweep.Folder, "next.json")}");
    });

    private void Start()
    {
        SweepOptions options = SweepParameters.Options(device, GetType().Assembly);
        if (options.Device != "cpu")
            CudaDevice.Require(options.Device);
        Recipe recipe = SweepParameters.Load();
        IReadOnlyList<GridPoint> asked = SweepCases.Selected(recipe);
        _sweep = new(recipe, options, TimeProvider.System, Tell);
        _sweep.Check();
        if (!SweepParameters.DryRun)
            _curves = new(Path.Combine(options.SweepsFolder, recipe.Name));
        _sweep.Expect(asked);
        if (SweepParameters.DryRun)
            foreach (string line in _sweep.Plan())
                TestContext.Progress.WriteLine(line);
        else if (SweepParameters.Ranks > 1)
            RunRanks(options.Device);
    }

    private void Tell(string line)
    {
        TestContext.Progress.WriteLine(line);
        _curves?.Hear(line);
    }

    // all points that are asked for, into the store
    private void RunRanks(string device)
    {
        IEnumerable<KeyValuePair<string, string>> given = Parameters.Given.Where(value => value.Key is not ("Device" or "SweepsDir"))
            .Append(new("Device", device)).Append(new("SweepsDir", SweepParameters.SweepsFolder(GetType().Assembly)));
        int code = RankedSweep.Run(GetType().Assembly, ["points"], given, TestContext.Progress.WriteLine, TestContext.CurrentContext.CancellationToken);
        if (code is not (0 or RankedSweep.SomeFailed or RankExit.TryAgain))
            throw new InvalidOperationException($"the {SweepParameters.Ranks} ranks ended with code {code}: what they printed says why");
        if (code == RankExit.TryAgain)
            throw new InvalidOperationException($"one of {SweepParameters.Ranks} ranks ended, and so all did: the same command goes on from the last checkpoint");
    }

    private StoredRun Stored(GridPoint point)
    {
        (StoredRun? run, string? error) = Sweep.Find(point);
        return run ?? throw new InvalidOperationException(error ?? "the ranks did not come to it: what they printed says why");
    }
}
