using Alignment.Reports;
using Alignment.Reports.Advice;
using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Reports;

[NonParallelizable]
public sealed class JudgeReportTests
{
    private string _folder = "";
    private StoredSweep _sweep = null!;

    [SetUp]
    public void MakeSweep()
    {
        _folder = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"judges-{TestContext.CurrentContext.Test.ID}");
        _sweep = GeneratedSweep.Write(_folder);
    }

    [TearDown]
    public void RemoveSweep() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void A_judge_alone_stands_with_its_accuracy_in_the_first_screen_and_in_a_table()
    {
        _sweep = _sweep with { Judge = new JudgeFacts("skywork", "models/skywork", 44, 3, GeneratedSweep.Prompts) };
        Dictionary<string, string> files = Files(_sweep);
        // (44 + 3 / 2) / 60, and Wilson's interval of it
        Assert.That(files["recommendation.md"], Does.Contain("- The judge, skywork, puts the chosen response above the rejected one in 0.758 [0.637, 0.849] of the 60 pairs of the test set, "
            + "3 ties as half: every conclusion here rests on it. ([judges](judges.md))"));
        Assert.That(files["judges.csv"], Is.EqualTo("judge,model,accuracy,accuracy_low,accuracy_high,pairs,ties,decides\nskywork,models/skywork,0.758333,0.636634,0.848944,60.000000,3.000000,yes\n"));
        Assert.That(files["report.html"].Split("</section>")[0], Does.Contain("The judge, skywork,"));
        Assert.That(files.Keys, Has.None.StartsWith("judge-"));
    }

    [TestCase(20, ": it prefers what people rejected")]
    [TestCase(32, ": that is not told apart from a coin")]
    public void A_judge_without_judgement_is_named(int right, string expected)
    {
        _sweep = _sweep with { Judge = new JudgeFacts("odd", "models/odd", right, 0, GeneratedSweep.Prompts) };
        Assert.That(Recommendation.Of(new ReportData(_sweep)).Judging[0].Text, Does.Contain(expected));
    }

    [Test]
    public void Judges_who_agree_are_told_with_their_agreement_and_the_first_decides()
    {
        Recommendation alone = Recommendation.Of(new ReportData(_sweep)), both = Recommendation.Of(new ReportData(GeneratedSweep.Judged(_sweep, noise: 0.01)));
        Assert.That(both.Answer.Text, Is.EqualTo(alone.Answer.Text));
        Assert.That(both.Judging.Select(finding => finding.Text), Has.Some.EqualTo("By second the answer is the same."));
        Assert.That(both.Judging.Select(finding => finding.Text), Has.Some.Match(@"^first and second put 0\.9\d+ .* of the pairs of responses to one prompt in the same order"));
    }

    [Test]
    public void Judges_who_disagree_are_told_in_the_answer_and_where()
    {
        Recommendation advice = Recommendation.Of(new ReportData(GeneratedSweep.Judged(_sweep, noise: 6)));
        Assert.That(advice.Answer.Text, Does.StartWith("Use SimPO: ").And.EndsWith(" The judges disagree: by second the answer is another."));
        Assert.That(advice.Judging.Select(finding => finding.Text), Has.Some.StartsWith("By second the answer is another: No method is shown to be best here"));
        Assert.That(advice.Judging.Select(finding => finding.Text), Has.Some.Match("^By second another run is best: .*-lr.*, not .*-lr"));
    }

    [Test]
    public void Every_table_is_written_by_each_judge()
    {
        StoredSweep judged = GeneratedSweep.Judged(_sweep, noise: 1);
        string[] written = [.. ReportWriter.Write(judged).Select(path => Path.GetRelativePath(_folder, path))];
        string[] first = [.. written.Where(path => !path.StartsWith("judges/", StringComparison.Ordinal))], second = [.. written.Except(first).Select(path => path["judges/second/".Length..])];
        Assert.That(first.Except(["judge-agreement.csv", "judge-agreement.md", "judge-runs.csv", "judge-runs.md"]), Is.EquivalentTo(second));
        Assert.That(File.ReadAllText(Path.Combine(_folder, "judges/second/table1.csv")), Does.Contain("-4567cdef,").And.Not.Contain("-0123abcd,"));
        Assert.That(File.ReadAllText(Path.Combine(_folder, "judges/second/report.html")), Does.Contain("<title>Sweep generated, by judge second: "));
        string page = File.ReadAllText(Path.Combine(_folder, "report.html"));
        Assert.That(page, Does.Contain("href=\"judges/second/report.html\"").And.Contain("id=\"judge-agreement\""));
        Assert.That(File.ReadLines(Path.Combine(_folder, "judge-runs.csv")).Count(), Is.EqualTo(1 + 1 + _sweep.Runs.Count));
        Assert.That(File.ReadLines(Path.Combine(_folder, "judge-agreement.csv")).Last(), Does.Match(@"^first and second,.*,171\.000000,"), "pairs of the start and 18 runs");
    }

    [Test]
    public void A_stored_sweep_is_read_with_all_its_judges()
    {
        StoredSweep judged = GeneratedSweep.Judged(_sweep, noise: 1);
        var store = new RunStore(_folder, TimeProvider.System);
        foreach (StoredRun run in judged.ByJudge.SelectMany(sweep => sweep.SftRuns.Concat(sweep.Runs)))
        {
            Directory.Move(run.Folder, run.Folder + ".work");
            using RunClaim claim = store.Claim(run.Id, _ => { }, CancellationToken.None);
            store.Complete(claim, run.Id, run.Summary, new RunRecord(run.Id, "generated", judged.Seed, run.Point, run.Facts));
        }

        SweepFile.Write(judged);
        StoredSweep read = SweepFile.Read(_folder);
        Assert.That(read.Judge, Is.EqualTo(judged.Judge));
        Assert.That(read.ByOthers.Single().Judge, Is.EqualTo(judged.ByOthers[0].Judge));
        Assert.That(read.ByOthers[0].Folder, Is.EqualTo(judged.ByOthers[0].Folder));
        Assert.That(read.ByJudge.Select(sweep => sweep.Runs.Select(run => run.Id)), Is.EqualTo(judged.ByJudge.Select(sweep => sweep.Runs.Select(run => run.Id))));
        Assert.That(Files(read), Is.EqualTo(Files(judged)));
    }

    [Test]
    public void Every_citation_about_judges_leads_to_a_cell()
    {
        var data = new ReportData(GeneratedSweep.Judged(_sweep, noise: 1));
        string page = Files(data.Sweep)["report.html"];
        foreach (Source source in Recommendation.Of(data).Judging.SelectMany(finding => finding.Sources))
            Assert.That(page, Does.Contain($" id=\"{source.Anchor}\""));
    }

    private static Dictionary<string, string> Files(StoredSweep sweep) => ReportWriter.Files(new ReportData(sweep)).ToDictionary(file => file.Name, file => file.Text);
}
