using Alignment.Evaluation;
using Alignment.Recipes;
using Alignment.Reports;
using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Reports;

[NonParallelizable]
public sealed class AveragesTableTests
{
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("averages").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void An_average_stands_beside_the_run_it_is_of_and_what_to_run_next_is_a_training()
    {
        StoredSweep sweep = GeneratedSweep.Write(_folder, seeds: 2);
        Assert.That(AveragesTable.Of(new ReportData(sweep)), Is.Empty);
        StoredRun[] dpo = [.. sweep.Runs.Where(run => run.Point.Method == "DPO")];
        StoredSweep averaged = sweep with
        {
            Runs = [.. sweep.Runs, .. dpo.Select(run => Average(run, "4", 0.25)), Average(dpo[0], "8", -0.5), Average(dpo[1], "8", 0.25), Average(sweep.Runs[^1], "4", -0.25)],
        };
        ReportTable table = AveragesTable.Of(new ReportData(averaged)).Single();
        Assert.That(table.Table.Rows.Select(row => string.Join(" | ", row.Zip(table.Table.Columns, (cell, column) => cell.Render(column)))), Is.EqualTo(new[]
        {
            $"DPO | 4 | {dpo.Length} | {dpo.Length} | +0.250 [+0.250, +0.250]", "DPO | 8 | 2 | 1 | -0.125 [-0.125, -0.125]", "SimPO | 4 | 1 | 0 | -0.250 [-0.250, -0.250]",
        }));
        IReadOnlyList<FurtherRun> next = new ReportData(averaged).Further;
        Assert.That(next.Select(run => run.Point.IsAverage), Is.Not.Empty.And.All.False);
        Assert.That(ReportWriter.Write(averaged).Select(path => Path.GetFileName(path)), Has.Some.EqualTo("averages.md").And.Some.EqualTo("averages.csv"));
        Assert.That(File.ReadAllText(Path.Combine(_folder, "report.html")), Does.Contain("Is the mean of a run&#39;s last checkpoints better").Or.Contain("Is the mean of a run's last checkpoints better"));
    }

    private StoredRun Average(StoredRun run, string checkpoints, double more)
    {
        GridPoint setting = run.Point.WithoutSeed();
        string seed = run.Point.Spelling("Seed")!;
        GridPoint point = new(run.Point.Method, $"{setting.Slug}-avg{checkpoints}-s{seed}", [.. setting.Parameters, new("Average", checkpoints), new("Seed", seed)]);
        SampleRow[] rows = [.. run.Samples().Select(row => row with { Score = row.Score + more })];
        string id = $"{point.Slug}-0123abcd", folder = Path.Combine(_folder, id);
        Directory.CreateDirectory(folder);
        File.WriteAllLines(Path.Combine(folder, "samples.jsonl"), rows.Select(SampleFile.Line));
        return new(id, point, Summaries.Summarise(rows, 11), run.Facts with { TrainingSeconds = 0 }, folder);
    }
}
