using Alignment.Recipes;
using Alignment.Reports;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Sweep;

/// <summary>A recipe's sweep: one test a grid point, then the tables and the report.</summary>
public abstract class SweepFixture(string device)
{
    private Alignment.Sweeps.Sweep? _sweep;

    private Alignment.Sweeps.Sweep Sweep => _sweep ?? throw new InvalidOperationException("the sweep is not open");

    [OneTimeSetUp]
    public void Open()
    {
        if (SweepParameters.DryRun)
            Assert.Ignore($"dry run: the grid of {SweepParameters.Recipe} is listed, nothing is trained");
        CheckDevice(SweepParameters.Options(device).Device);
        _sweep = new(SweepParameters.Load(), SweepParameters.Options(device), TimeProvider.System, TestContext.Progress.WriteLine);
    }

    [OneTimeTearDown]
    public void Close() => _sweep?.Dispose();

    [TestCaseSource(typeof(SweepCases), nameof(SweepCases.Points)), Order(1)]
    public void Train(GridPoint point)
    {
        StoredRun run = Sweep.Run(point, CancellationToken.None);
        TestContext.Out.WriteLine(FormattableString.Invariant(
            $"{run.Id}: mean score {run.Summary.MeanScore.Value:F3} [{run.Summary.MeanScore.Low:F3}, {run.Summary.MeanScore.High:F3}], win vs SFT {run.Summary.WinVsSft.Value:P1}"));
        Assert.That(run.Summary.Samples, Is.EqualTo(Sweep.TestPromptCount));
    }

    [TestCaseSource(typeof(SweepCases), nameof(SweepCases.Report)), Order(2)]
    public void Report(string recipe)
    {
        StoredSweep sweep = Sweep.Collect(CancellationToken.None);
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
    }

    private static void CheckDevice(string device)
    {
        if (device == "cpu" || TorchSharp.torch.cuda.is_available())
            return;
        if (SweepParameters.RequireGpu)
            Assert.Fail($"-p:RequireGpu=true, and libtorch sees no CUDA device for {device}");
        Assert.Ignore($"no CUDA device for {device}; -p:RequireGpu=true makes this a failure");
    }
}
