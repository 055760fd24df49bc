using System.Text.RegularExpressions;
using Alignment.Reports;
using Alignment.Reports.Advice;
using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Reports;

[NonParallelizable]
public sealed partial class RecommendationTests
{
    private string _folder = "";
    private StoredSweep _sweep = null!;

    [SetUp]
    public void MakeSweep()
    {
        _folder = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"advice-{TestContext.CurrentContext.Test.ID}");
        _sweep = GeneratedSweep.Write(_folder);
    }

    [TearDown]
    public void RemoveSweep() => Directory.Delete(_folder, recursive: true);

    private Recommendation Advice => Recommendation.Of(new ReportData(_sweep));

    [TestCase(0, 0, "No other setting was tried.")]
    [TestCase(1, 0, "Its other setting scores lower on these prompts, beyond the noise.")]
    [TestCase(1, 1, "Its other setting cannot be told apart from it on these prompts.")]
    [TestCase(3, 0, "Its 3 other settings score lower on these prompts, beyond the noise.")]
    [TestCase(3, 2, "2 of its 3 other settings cannot be told apart from it on these prompts.")]
    [TestCase(3, 3, "None of its 3 other settings can be told apart from it on these prompts.")]
    public void What_is_known_of_the_other_settings_is_said_without_a_double_negative(int others, int open, string text) =>
        Assert.That(SettingChoice.Others(others, open), Is.EqualTo(text));

    [Test]
    public void A_clear_lead_names_the_winner_at_every_budget()
    {
        _sweep = GeneratedSweep.Write(_folder, seeds: 3);
        Recommendation advice = Advice;
        Assert.That(advice.Answer.Text, Is.EqualTo(
            "Use SimPO: it is ahead of DPO and LN-DPO at every budget tried, beyond the noise of seeds and prompts."));
        Assert.That(advice.Budgets.Select(budget => budget.Budget), Is.EqualTo(new[] { "1, 5 or 6 runs, each as likely", "1 run", "5 runs", "6 runs, all that the smallest grid has" }));
        Assert.That(advice.Settings[0].Text, Does.StartWith("Start SimPO with Beta 2.0, Gamma 1.0, LearningRate 3e-4 and Epochs 1: mean score 1.148."));
    }

    [Test]
    public void A_lead_that_is_sure_at_some_budgets_is_told_with_them()
    {
        // each setting was trained once: at the best of all, the noise of seeds may be as large as what settings differ by
        Assert.That(Advice.Answer.Text, Is.EqualTo("Use SimPO: over budgets of 1, 5 and 6 runs it is ahead of DPO and LN-DPO, "
            + "beyond the noise of seeds and prompts; with 6 runs alone that is within the noise."));
    }

    [Test]
    public void A_lead_within_the_noise_names_no_winner()
    {
        _sweep = _sweep with { Runs = [.. _sweep.Runs.Where(run => run.Point.Method != "SimPO")], Missing = [] };
        Recommendation advice = Advice;
        Assert.That(advice.Answer.Text, Does.Match(@"^No method is shown to be best here: (LN-)?DPO's lead over (LN-)?DPO is within the noise\. The best setting of each beats the SFT model\.$"));
        Assert.That(advice.Budgets.Select(budget => budget.Use.Count), Is.All.EqualTo(2));
    }

    [Test]
    public void A_lead_over_prompts_is_not_enough_where_nothing_tells_of_seeds()
    {
        // one run of each method at each learning rate
        _sweep = _sweep with { Runs = [.. _sweep.Runs.GroupBy(run => run.Point.Method).SelectMany(runs => runs.Take(2))], Missing = [] };
        MethodComparison[] tests = [.. new ReportData(_sweep).Comparisons.All.Where(test => test.First.Method == "SimPO")];
        Assert.That(tests.Select(test => test.Lead.Low), Is.All.GreaterThan(0), "over prompts");
        Assert.That(tests.Select(test => (test.SeedsAreKnown, test.IsFound)), Is.All.EqualTo((false, false)));
        Assert.That(Advice.Answer.Text, Does.StartWith("No method is shown to be best here"));
    }

    [Test]
    public void A_single_method_is_not_called_best()
    {
        _sweep = _sweep with { Runs = [_sweep.Runs[0]], Missing = [] };
        Assert.That(Advice.Answer.Text, Is.EqualTo("Only DPO has finished runs. There is no method to compare it with."));
    }

    [Test]
    public void A_sweep_of_only_sft_says_that_there_is_nothing_to_compare()
    {
        _sweep = _sweep with { Runs = [] };
        Recommendation advice = Advice;
        Assert.That(advice.Answer.Text, Is.EqualTo("No preference run has finished, so there is nothing to compare with the SFT model yet."));
        Assert.That(advice.Limits[^1].Text, Does.StartWith("2 of 2 preference runs have no result"));
    }

    [Test]
    public void Equal_methods_are_called_a_tie()
    {
        StoredRun one = _sweep.Runs[0];
        _sweep = _sweep with { Runs = [one, one with { Id = "twin", Point = one.Point with { Method = "LN-DPO" } }], Missing = [] };
        Assert.That(Advice.Answer.Text, Does.StartWith("No method is shown to be best here"));
    }

    [TestCase(1, "Every setting was trained once")]
    [TestCase(3, "Another training seed moves a mean score by ")]
    public void Variation_over_seeds_is_told_where_a_recipe_repeats_them(int seeds, string expected)
    {
        _sweep = GeneratedSweep.Write(_folder, seeds);
        Assert.That(Advice.Limits[0].Text, Does.StartWith(expected));
    }

    [TestCase(1)]
    [TestCase(2)]
    public void Every_number_of_every_sentence_stands_in_a_cell_it_cites_and_every_citation_leads_to_a_cell(int seeds)
    {
        _sweep = GeneratedSweep.Write(_folder, seeds);
        var data = new ReportData(_sweep);
        string page = ReportWriter.Files(data).Single(file => file.Name == "report.html").Text;
        string[] ids = [.. Id().Matches(page).Select(match => match.Groups[1].Value)];
        Assert.That(ids, Is.Unique);
        Dictionary<string, ReportTable> tables = new ReportTables(data).All.SelectMany(table => table.Further.Prepend(table)).ToDictionary(table => table.Id);
        foreach (Finding finding in Recommendation.Of(data).All)
        {
            string[] cells = [.. finding.Sources.Select(source => Cell(tables[source.Table].Table, source))];
            foreach (Match number in Number().Matches(finding.Text))
                Assert.That(cells, Has.Some.Contains(number.Value), finding.Text);
            Assert.That(finding.Sources.Select(source => source.Anchor).Except(ids), Is.Empty, finding.Text);
        }
    }

    [Test]
    public void The_best_value_at_the_edge_of_its_range_is_flagged()
    {
        ReportTable table = SensitivityTable.Of(new ReportData(_sweep));
        Assert.That(table.Table.Rows.Select(row => $"{row[0].Text}: {row[5].Text}"), Does.Contain("DPO Beta: extend Beta above 0.1"));
        Assert.That(table.Table.Rows.Where(row => row[0].Text == "DPO Epochs"), Is.Empty, "a hyperparameter of one value explains nothing");
    }

    private static string Cell(Table table, Source source)
    {
        int column = table.Columns.Select(c => c.Name).ToList().IndexOf(source.Column);
        IReadOnlyList<Cell> row = table.Rows.Single(cells => cells[0].Render(table.Columns[0]) == source.Row);
        return row[column].Render(table.Columns[column]);
    }

    [GeneratedRegex(@"(?<=[ (+\[-])\d+\.\d+(?=[ ,;)\].:])")]
    private static partial Regex Number();

    [GeneratedRegex(@"<td[^>]* id=""([^""]+)""")]
    private static partial Regex Id();
}
