using Alignment.Evaluation;
using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Reports;

[NonParallelizable]
public sealed class PaperClaimsTests
{
    private string _folder = "";
    private StoredSweep _sweep = null!;

    [OneTimeSetUp]
    public void MakeSweep()
    {
        _folder = Path.Combine(TestContext.CurrentContext.WorkDirectory, "claims");
        _sweep = GeneratedSweep.Write(_folder, seeds: 3);
    }

    [OneTimeTearDown]
    public void RemoveSweep() => Directory.Delete(_folder, recursive: true);

    [TestCase(0.1, 0.5, 1, 0, "supported")]
    [TestCase(-0.5, -0.1, 1, 0, "contradicted")]
    [TestCase(-0.1, 0.5, 1, 0, "not to be told")]
    [TestCase(-0.5, -0.1, -1, 0, "supported")]
    [TestCase(0.4, 0.6, -1, 0.75, "supported")]
    [TestCase(0.8, 1.2, -1, 0.75, "contradicted")]
    [TestCase(-1e-14, -1e-14, -1, 0, "not to be told")]
    public void A_whole_interval_decides(double low, double high, int holds, double line, string verdict)
    {
        var claim = new PaperClaim("", "", "", new Estimate((low + high) / 2, low, high), holds, line);
        Assert.That(claim.Verdict, Is.EqualTo(verdict));
        Assert.That((claim with { SeedsAreKnown = false }).Verdict, Is.EqualTo("not to be told"));
        Assert.That((claim with { Here = null }).Verdict, Is.EqualTo("not to be told"));
    }

    [Test]
    public void What_the_sweep_was_made_with_is_found()
    {
        // SimPO's effect is 0.65 above DPO's; lengths and distances are drawn alike; 22 runs of SimPO take longer, for their number
        Dictionary<string, string> verdicts = Claims(_sweep);
        Assert.That(verdicts["At its best SimPO scores higher than DPO"], Is.EqualTo("supported"));
        Assert.That(verdicts["Over its grid SimPO scores higher than DPO on average"], Is.EqualTo("supported"));
        Assert.That(verdicts["At its best LN-DPO answers shorter than DPO"], Is.EqualTo("not to be told"));
        Assert.That(verdicts["SimPO trains in about half of DPO's time"], Is.EqualTo("contradicted"));
        Assert.That(verdicts, Has.Count.EqualTo(20));
    }

    [Test]
    public void What_is_never_negative_falls_by_all_of_it_at_most()
    {
        StoredRun Spread(StoredRun run)
        {
            SampleRow[] rows = [.. run.Samples().Select(row => row with { KlK3 = run.Point.Spelling("Seed") == "1" ? 0.1 : 5 })];
            string id = run.Id.Replace("0123abcd", "89abcdef", StringComparison.Ordinal), folder = Path.Combine(_folder, id);
            Directory.CreateDirectory(folder);
            File.WriteAllLines(Path.Combine(folder, "samples.jsonl"), rows.Select(SampleFile.Line));
            return run with { Id = id, Folder = folder, Summary = Summaries.Summarise(rows, _sweep.Seed) };
        }

        PaperClaim claim = PaperClaims.Of(new ReportData(_sweep with { Runs = [.. _sweep.Runs.Select(Spread)] })).Single(claim => claim.Claim == "At its best SimPO moves less than DPO (KL)");
        Assert.That((claim.Here!.Low, claim.Unit, claim.Verdict), Is.EqualTo((-100.0, "%", "not to be told")));
        Assert.That(claim.Here!.High, Is.GreaterThan(100));
    }

    [Test]
    public void The_papers_figures_stand_in_a_column_of_their_own()
    {
        IReadOnlyList<IReadOnlyList<Cell>> rows = ClaimsTable.Of(new ReportData(_sweep)).Table.Rows;
        Assert.That(rows.Select(row => row[1].Text), Is.SupersetOf(new[] { "−16 %", "−23 %", "−26 %", "−21 %", "half" }));
    }

    [Test]
    public void Claims_on_methods_that_were_not_run_are_left_out()
    {
        Dictionary<string, string> verdicts = Claims(_sweep with { Runs = [.. _sweep.Runs.Where(run => run.Point.Method != "SimPO")], Missing = [] });
        Assert.That(verdicts.Keys, Has.None.Contains("SimPO").And.Some.Contains("LN-DPO"));
        Assert.That(Claims(_sweep with { Runs = [], Missing = [] }), Is.Empty);
    }

    private static Dictionary<string, string> Claims(StoredSweep sweep) => PaperClaims.Of(new ReportData(sweep)).ToDictionary(claim => claim.Claim, claim => claim.Verdict);
}
