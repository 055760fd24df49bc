using Alignment.Evaluation;
using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Reports;

[NonParallelizable]
public sealed class MovedTableTests
{
    private string _folder = "";
    private StoredSweep _sweep = null!;

    [SetUp]
    public void MakeSweep()
    {
        _folder = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"moved-{TestContext.CurrentContext.Test.ID}");
        _sweep = GeneratedSweep.Write(_folder);
    }

    [TearDown]
    public void RemoveSweep() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Best_runs_and_alarms_are_shown_and_the_csv_has_every_run_that_knows()
    {
        StoredRun[] runs = [.. _sweep.Runs];
        string[] best = [.. new ReportData(_sweep).Finished.Select(method => method.Best!.Id)];
        StoredRun alarming = runs.First(run => !best.Contains(run.Id));
        StoredSweep sweep = _sweep with { Runs = [.. runs.Skip(1).Select(run => run with { Summary = run.Summary with { Moved = Of(run == alarming ? -0.3 : -0.02) } }), runs[0]] };
        ReportTable table = MovedTable.Of(new ReportData(sweep)).Single();
        string[] known = [.. sweep.Runs.Where(run => run.Summary.Moved != null).Select(run => run.Id)];
        Assert.That(table.Data.Rows.Select(row => row[0].Text), Is.EqualTo(known));
        Assert.That(table.Table.Rows.Select(row => row[0].Text), Is.EqualTo(known.Where(id => best.Contains(id) || (known.Contains(alarming.Id) && id == alarming.Id))));
        Assert.That(table.Table.Rows.Select(row => row[^1].Text), Is.EqualTo(table.Table.Rows.Select(row => row[0].Text == alarming.Id ? "chosen responses are unlearnt" : "no")));
        Assert.That(table.Note, Does.Contain("on 30 held-out pairs' own responses").And.Contain(known.Contains(alarming.Id) ? $"1 of {known.Length} runs raise" : $"No run of {known.Length} raises"));
        Assert.That(table.Table.ToMarkdown(), Does.Contain("-6.00 [-7.00, -5.00]"));
    }

    [Test]
    public void Runs_that_do_not_know_have_no_table() => Assert.That(MovedTable.Of(new ReportData(_sweep)), Is.Empty);

    private static Moved Of(double perToken) => new()
    {
        Pairs = 30,
        Chosen = new(-6, -7, -5),
        Rejected = new(-16, -18, -14),
        ChosenPerToken = new(perToken, perToken - 0.01, perToken + 0.01),
        RejectedPerToken = new(-0.5, -0.6, -0.4),
        ChosenFell = new(0.8, 0.7, 0.9),
    };
}
