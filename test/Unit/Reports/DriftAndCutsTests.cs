using Alignment.Evaluation;
using Alignment.Reports;
using Alignment.Reports.Advice;
using Alignment.Reports.Numbers;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Reports;

[NonParallelizable]
public sealed class DriftAndCutsTests
{
    private string _folder = "";
    private StoredSweep _sweep = null!;

    [SetUp]
    public void MakeSweep()
    {
        _folder = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"drift-{TestContext.CurrentContext.Test.ID}");
        _sweep = GeneratedSweep.Write(_folder) with { MaxCutShare = 1 };
    }

    [TearDown]
    public void RemoveSweep() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void The_least_move_is_told_by_k3_where_it_is_beyond_the_noise()
    {
        Change((method, row) => row with { KlK3 = method == "DPO" ? row.KlK3 / 4 : row.KlK3 });
        string dpo = Drift("DPO"), simPo = Drift("SimPO");
        Assert.That(dpo, Does.Match(@"^DPO's best run is 0\.\d\d \[.*\] nats per response from SFT by KL k3, \d\.\d\d \[.*\] by the signed KL \(k1\): the least of the best runs\.$"));
        Assert.That(simPo, Does.Contain("; DPO's best run moves least, 0."));
    }

    [Test]
    public void Moves_that_are_not_told_apart_have_no_least()
    {
        Change((_, row) => row with { KlK3 = 2 + row.PromptIndex % 3 });
        foreach (string method in new[] { "DPO", "LN-DPO", "SimPO" })
            Assert.That(Drift(method), Does.Not.Contain("least"));
    }

    [Test]
    public void A_signed_KL_below_zero_is_said_to_fail_and_nobody_moves_least()
    {
        // the most negative by far, and by k3 the least
        Change((method, row) => method != "DPO" ? row : row with { SftLogProb = row.PolicyLogProb + 3, KlK3 = 0.01 });
        Assert.That(Drift("DPO"), Is.EqualTo("DPO's best run is 0.01 [0.01, 0.01] nats per response from SFT by KL k3, -3.00 [-3.00, -3.00] by the signed KL (k1)."));
        Assert.That(Recommendation.Of(new ReportData(_sweep)).Limits.Select(finding => finding.Text), Has.Some.EqualTo("The signed KL (k1) of the best run of DPO, -3.00 [-3.00, -3.00], "
            + "lies below 0, which no KL does: that estimator fails here, and nobody can be said to move least. Responses sampled at another temperature than 1, or with "
            + "top-p below 1, bend both estimates."));
        foreach (string method in new[] { "DPO", "LN-DPO", "SimPO" })
            Assert.That(Drift(method), Does.Not.Contain("least"), "a failed estimate shows that the samples are not the policy's own");
    }

    [Test]
    public void The_frontier_is_drawn_over_the_KL_that_is_never_negative_where_every_run_has_it()
    {
        Assert.That(Frontier(), Does.Contain("mean KL k3 from the SFT model (nats per response)"));
        Change((_, row) => row with { KlK3 = double.NaN });
        Assert.That(Frontier(), Does.Contain("mean signed KL from the SFT model (nats per response)"));

        string Frontier() => ReportWriter.Files(new ReportData(_sweep)).Single(file => file.Name == "frontier.svg").Text;
    }

    [Test]
    public void Results_without_k3_have_the_signed_estimate_alone()
    {
        Change((_, row) => row with { KlK3 = double.NaN });
        Assert.That(Drift("SimPO"), Does.Match(@"^SimPO's best run is \d\.\d\d \[.*\] nats per response from SFT by the signed KL \(k1\)\.$"));
        Change((_, row) => row with { PolicyLogProb = double.NaN });
        Assert.That(Recommendation.Of(new ReportData(_sweep)).Against.Select(finding => finding.Text), Has.None.Contains("nats"));
    }

    [Test]
    public void Cuts_above_the_limit_are_told_with_what_to_raise()
    {
        Change((method, row) => row with { Ended = method == "DPO" && row.PromptIndex % 10 > 0, PromptCut = row.PromptIndex < 30, GoldInputCut = method == "SimPO" && row.PromptIndex < 9 });
        Assert.That(Cut(1), Is.Empty);
        Assert.That(Cut(0.1), Is.EqualTo(new[]
        {
            "Responses that reached the limit of new tokens without an end: 1.000 [1.000, 1.000] (SFT), 1.000 [1.000, 1.000] (LN-DPO) and 1.000 [1.000, 1.000] (SimPO), "
                + "above the limit of 10 %. Scores, lengths, wins and KL are then those of cut texts: raise maxNewTokens.",
            "50 % of the test prompts lost their beginning, above the limit of 10 %: raise maxPrompt.",
            "The gold model read prompt and response without their beginning: 15 % (SimPO) of the responses, above the limit of 10 %: raise the gold model's maxLength.",
        }));
        string[] header = [.. File.ReadLines(Path.Combine(_folder, "runs.csv")).First().Split(',')];
        Assert.That(header, Is.SupersetOf(new[] { "mean_kl_k3", "cut_share", "prompts_cut_share", "gold_inputs_cut_share" }));
        Assert.That(File.ReadAllText(Path.Combine(_folder, "table1.md")), Does.Contain("KL k3, nats").And.Contain(" cut |").And.Contain("an interval below 0 shows that it fails"));
    }

    [Test]
    public void What_results_do_not_say_of_cuts_is_empty_and_not_zero()
    {
        Change((_, row) => row with { Ended = null, PromptCut = null, GoldInputCut = null });
        Assert.That(Cut(0), Is.Empty);
        Assert.That(File.ReadLines(Path.Combine(_folder, "table1.csv")).Skip(1), Is.All.EndsWith(",,,"));
    }

    private string Drift(string method)
    {
        var data = new ReportData(_sweep);
        return Alignment.Reports.Advice.Drift.Of(data, data.Finished.Single(known => known.Method == method))!.Text;
    }

    private string[] Cut(double limit)
    {
        var data = new ReportData(_sweep with { MaxCutShare = limit });
        ReportWriter.Write(data.Sweep);
        string[] cuts = [.. Cuts.Of(data).Select(finding => finding.Text)];
        Assert.That(Recommendation.Of(data).Limits.Select(finding => finding.Text).Intersect(cuts), Is.EqualTo(cuts));
        return cuts;
    }

    private void Change(Func<string, SampleRow, SampleRow> change)
    {
        StoredRun Changed(StoredRun run)
        {
            SampleRow[] rows = [.. run.Samples().Select(row => change(run.Point.Method, row))];
            File.WriteAllLines(Path.Combine(run.Folder, "samples.jsonl"), rows.Select(SampleFile.Line));
            return run with { Summary = Summaries.Summarise(SampleColumns.Of(rows), new Bootstrap(rows.Length, 11)) };
        }

        StoredRun[] sft = [.. _sweep.SftRuns.Select(Changed)];
        _sweep = _sweep with { SftRuns = sft, Sft = sft[1], Runs = [.. _sweep.Runs.Select(Changed)] };
    }
}
