using System.Globalization;
using System.Text.RegularExpressions;
using Alignment.Evaluation;
using Alignment.Reports;
using Alignment.Reports.Advice;
using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Reports.Text;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Reports;

[NonParallelizable]
public sealed class ReportWriterTests
{
    private string _folder = "";
    private StoredSweep _sweep = null!;

    [SetUp]
    public void MakeSweep()
    {
        _folder = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"report-{TestContext.CurrentContext.Test.ID}");
        _sweep = GeneratedSweep.Write(_folder);
    }

    [TearDown]
    public void RemoveSweep() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Table1_has_exactly_the_promised_columns()
    {
        string header = File.ReadLines(Written("table1.csv")).First();
        Assert.That(header, Is.EqualTo(
            "method,run,mean_score,mean_score_low,mean_score_high,mean_length,mean_length_low,mean_length_high,mean_kl,mean_kl_low,mean_kl_high,"
            + "mean_kl_per_token,mean_kl_per_token_low,mean_kl_per_token_high,win_vs_chosen,win_vs_chosen_low,win_vs_chosen_high,"
            + "win_vs_sft,win_vs_sft_low,win_vs_sft_high,mean_kl_k3,mean_kl_k3_low,mean_kl_k3_high,cut_share,cut_share_low,cut_share_high"));
    }

    [Test]
    public void Table1_has_the_best_run_of_each_method_after_the_sft_run()
    {
        string[][] rows = [.. File.ReadLines(Written("table1.csv")).Skip(1).Select(line => line.Split(','))];

        Assert.That(rows.Select(row => row[0]), Is.EqualTo(new[] { "SFT", "DPO", "LN-DPO", "SimPO" }));
        foreach (string[] row in rows.Skip(1))
        {
            double best = _sweep.Runs.Where(run => run.Point.Method == row[0]).Max(run => run.Summary.MeanScore.Value);
            Assert.That(double.Parse(row[2], CultureInfo.InvariantCulture), Is.EqualTo(best).Within(5e-7));
        }
    }

    [Test]
    public void A_win_rate_is_the_same_number_in_every_table()
    {
        Dictionary<string, string> files = ReportWriter.Files(new ReportData(_sweep)).ToDictionary(file => file.Name, file => file.Text);
        string[] ofTable1 = Cells("table1", "win_vs_sft"), ofTable3 = [.. Lines("table3").Where(row => row[0] == "best").Select(row => row[Column("table3", "win_share")])];
        string[] ofLength = Cells("length", "win_rate");
        Assert.That(ofLength[..3], Is.EqualTo(ofTable1[1..]), "best runs against SFT");
        Assert.That(ofLength[3..], Is.EqualTo(new[] { ofTable3[0], ofTable3[1], ofTable3[3] }), "best runs against each other");
        Assert.That(Lines("runs").Where(row => row[0] == "SFT").Select(row => row[Column("runs", "win_vs_sft")]), Is.All.EqualTo("").And.Exactly(2).Items, "no SFT run against itself");
        Assert.That(Lines("runs").Where(row => row[0] == "DPO" && row[2] == "done").Select(row => row[Column("runs", "win_vs_sft")]), Has.None.EqualTo(""));

        string[][] Lines(string table) => [.. files[$"{table}.csv"].TrimEnd().Split('\n').Skip(1).Select(line => line.Split(','))];
        int Column(string table, string name) => Array.IndexOf(files[$"{table}.csv"].Split('\n')[0].Split(','), name);
        string[] Cells(string table, string column) => [.. Lines(table).Select(row => row[Column(table, column)])];
    }

    [Test]
    public void A_number_of_table_1_table_3_and_the_runs_leads_to_its_samples()
    {
        Dictionary<string, string> files = ReportWriter.Write(_sweep with { Missing = [] }).ToDictionary(path => Path.GetFileName(path)!, File.ReadAllText);
        foreach ((string name, string column) in new[] { ("table1", "run"), ("table3", "run"), ("table3", "against_run"), ("runs", "run") })
        {
            string[][] rows = [.. files[$"{name}.csv"].TrimEnd().Split('\n').Select(line => line.Split(','))];
            string[] runs = [.. rows.Skip(1).Select(row => row[Array.IndexOf(rows[0], column)])];
            Assert.That(runs, Is.Not.Empty);
            Assert.That(runs.Where(run => !File.Exists(Path.Combine(_folder, run, "samples.jsonl"))), Is.Empty, $"{name}: {column}");
            Assert.That(runs.Where(run => !files[$"{name}.md"].Contains($"| {run} ", StringComparison.Ordinal)), Is.Empty, $"{name}.md");
            Assert.That(runs.Where(run => !files["report.html"].Contains($">{run}<", StringComparison.Ordinal) && !files["report.html"].Contains($">{run} (start of all)<", StringComparison.Ordinal)), Is.Empty, "report.html");
        }
    }

    [Test]
    public void Every_link_of_the_recommendation_leads_to_a_table_of_the_report()
    {
        DataFacts facts = DataTableTests.Facts with { SeenTestPrompts = 2 };
        StoredSweep sweep = _sweep with { SftRuns = [.. _sweep.SftRuns.Select(run => run with { Facts = run.Facts with { Data = facts } })] };
        ReportData data = new(sweep);
        Dictionary<string, string> files = ReportWriter.Files(data).ToDictionary(file => file.Name, file => file.Text);
        Recommendation undecided = Recommendation.Of(data) with { Undecided = new Finding("Cheapest: DPO.", new Source("start", "DPO", "score"), new Source("power", "DPO over SimPO", "it takes")) };
        string text = undecided.ToMarkdown(new ReportTables(data));
        Assert.That(Regex.Matches(text, @"\]\(([^)]*)\)").Select(match => match.Groups[1].Value).Distinct(), Is.SubsetOf(files.Keys).And.SupersetOf(new[] { "start.md", "next.md", "data.md" }));
        Assert.That(text, Does.Contain("Cheapest: DPO. ([start](start.md), [power](next.md))"), "in the file of the table that it is read after");
        Assert.That(files["next.md"], Does.Contain("What it takes to tell the methods apart"));
    }

    [Test]
    public void The_change_against_the_first_method_is_the_paired_difference()
    {
        var data = new ReportData(_sweep);
        SampleMetric score = SampleMetrics.Score;
        StoredRun dpo = data.Methods[0].Best!, simpo = data.Methods[2].Best!;

        Estimate difference = data.Difference(score, simpo, dpo);
        Assert.That(difference.Value, Is.EqualTo(simpo.Summary.MeanScore.Value - dpo.Summary.MeanScore.Value).Within(1e-12));
        Assert.That(Table1.Of(data).Further.Single().Table.Rows[2][2].Text, Is.EqualTo(Estimates.Change(difference, 3)));
        Assert.That(data.Difference(score, dpo, dpo), Is.EqualTo(new Estimate(0, 0, 0)));
    }

    [Test]
    public void Wins_ties_and_losses_of_a_pair_add_up_to_one()
    {
        string[][] rows = [.. File.ReadLines(Written("table3.csv")).Skip(1).Select(line => line.Split(','))];
        Assert.That(rows, Has.Length.EqualTo(12), "two levels of three methods, ordered pairs");
        foreach (string[] row in rows)
            Assert.That(new[] { 5, 8, 9 }.Sum(i => double.Parse(row[i], CultureInfo.InvariantCulture)), Is.EqualTo(1).Within(2e-6));
    }

    [Test]
    public void Missing_and_failed_runs_are_listed_with_their_reason()
    {
        string csv = File.ReadAllText(Written("runs.csv")), markdown = File.ReadAllText(Written("runs.md"));
        Assert.That(csv, Does.Contain(",failed,").And.Contain("\"step 12: loss is NaN (rows 3, 4, \"\"x\"\")\nlast finite loss 0.69\""));
        Assert.That(markdown, Does.Contain("## Runs without a result").And.Contain("no result stored: it was not run"));
    }

    [Test]
    public void A_method_without_a_finished_run_keeps_an_empty_row()
    {
        _sweep = _sweep with { Runs = [.. _sweep.Runs.Where(run => run.Point.Method != "SimPO")] };
        Assert.That(File.ReadAllText(Written("table1.csv")), Does.Contain($"\nSimPO{new string(',', 25)}\n"));
        Assert.That(File.ReadAllText(Written("table1.md")), Does.Contain("no finished run"));
    }

    [Test]
    public void A_sweep_of_only_sft_runs_is_reported()
    {
        _sweep = _sweep with { Runs = [], Missing = [] };
        Assert.That(File.ReadLines(Written("table1.csv")).Count(), Is.EqualTo(2));
    }

    [Test]
    public void A_single_run_is_best_and_best_75_percent()
    {
        _sweep = _sweep with { Runs = [_sweep.Runs[0]], Missing = [] };
        MethodRuns method = new ReportData(_sweep).Methods.Single();
        Assert.That((method.Best, method.BestOfThreeQuarters), Is.EqualTo((_sweep.Runs[0], _sweep.Runs[0])));
        Assert.That(() => ReportWriter.Write(_sweep), Throws.Nothing);
    }

    [Test]
    public void Equal_runs_tie_on_every_prompt()
    {
        StoredRun one = _sweep.Runs[0];
        StoredRun twin = one with { Id = "twin", Point = one.Point with { Method = "LN-DPO", Slug = "twin" } };
        _sweep = _sweep with { Runs = [one, twin], Missing = [] };
        Assert.That(File.ReadAllText(Written("table3.csv")), Does.Contain("0.000000,0.000000,0.000000,1.000000,0.000000,0.000000,0.000000,0.000000"));
    }

    [TestCase("tr-TR")]
    [TestCase("de-DE")]
    [TestCase("ar-SA")]
    public void Every_file_has_the_same_bytes_again_and_under_another_culture(string culture)
    {
        Dictionary<string, byte[]> first = ReportWriter.Write(_sweep).ToDictionary(path => path, File.ReadAllBytes);
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(culture);
            foreach (string path in ReportWriter.Write(_sweep))
                Assert.That(File.ReadAllBytes(path), Is.EqualTo(first[path]), path);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
        Assert.That(Directory.GetFiles(_folder, "*.part"), Is.Empty);
    }

    [Test]
    public void Runs_on_other_prompts_are_named()
    {
        StoredRun run = _sweep.Runs[0];
        string file = Path.Combine(run.Folder, "samples.jsonl");
        File.WriteAllLines(file, File.ReadAllLines(file).Skip(1));
        _sweep = _sweep with { Runs = [run, _sweep.Runs.First(other => other.Point.Method == "LN-DPO")] };

        Assert.That(() => ReportWriter.Write(_sweep), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"run {run.Id} cannot be reported with SFT run {_sweep.Sft!.Id}: two runs can be paired only on the same prompts: "
            + "the second lacks prompt_index 0"));
    }

    private string Written(string name) => ReportWriter.Write(_sweep).Single(path => Path.GetFileName(path) == name);
}
