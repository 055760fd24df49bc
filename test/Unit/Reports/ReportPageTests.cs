using System.Xml.Linq;
using Alignment.Reports;
using Alignment.Reports.Figures;
using Alignment.Reports.Numbers;
using Alignment.Reports.Text;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Reports;

[NonParallelizable]
public sealed class ReportPageTests
{
    private string _folder = "";
    private StoredSweep _sweep = null!;

    [SetUp]
    public void MakeSweep()
    {
        _folder = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"page-{TestContext.CurrentContext.Test.ID}");
        _sweep = GeneratedSweep.Write(_folder);
    }

    [TearDown]
    public void RemoveSweep() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Nothing_from_a_model_or_data_set_is_markup()
    {
        string page = Page();
        Assert.That(page, Does.Not.Contain("<script>alert").And.Contain("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"));
        Assert.That(page, Does.Contain("Turn it off &amp; on again."));
    }

    [Test]
    public void The_page_asks_the_network_for_nothing()
    {
        string page = Page().Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal);
        Assert.That(page, Does.Not.Contain("http:").And.Not.Contain("https:").And.Not.Contain("src=")
            .And.Not.Contain("@import").And.Not.Contain("url("));
    }

    [Test]
    public void The_page_has_every_part()
    {
        string page = Page();
        foreach (string part in new[] { "Start with", "Run next", "What speaks against it", "The paper&#39;s claims on your data", "Settings", "Best run of each method", "The whole grid", "Head to head", "All runs",
            "Runs without a result", "Responses side by side", "Run it again", "Environment" })
            Assert.That(page, Does.Match($"<h[234][^>]*>{part}</h[234]>"));
        Assert.That(page.Split("<article").Length - 1, Is.EqualTo(10));
        Assert.That(page.Split("<details data-scores").Length - 1, Is.EqualTo(50));
        Assert.That(page.Split("<svg class=\"curve\"").Length - 1, Is.EqualTo(_sweep.Runs.Count * 4 + _sweep.SftRuns.Count * 2));
        Assert.That(page, Does.Contain("dotnet test test/Regression --filter TestCategory=Sweep -p:Recipe=generated"));
    }

    [Test]
    public void Figure_1_is_xml_with_a_dot_and_a_tooltip_for_every_run()
    {
        var svg = XDocument.Parse(ScoreFigures.WholeGrid(new ReportData(_sweep)));
        XElement[] dots = [.. svg.Descendants().Where(element => element.Name.LocalName == "circle")];
        Assert.That(dots, Has.Length.EqualTo(_sweep.Runs.Count));
        Assert.That(dots.Select(dot => dot.Value.Split(':')[0]), Is.EquivalentTo(_sweep.Runs.Select(run => run.Point.Slug)));
    }

    [Test]
    public void Control_characters_and_broken_surrogates_become_the_replacement_character() =>
        Assert.That(Markup.Escape("a\0b\u001bc\ud800d\te\r\n\"f\""), Is.EqualTo("a\uFFFDb\uFFFDc\uFFFDd\te\n&quot;f&quot;"));

    [Test]
    public void Dots_of_equal_height_do_not_cover_each_other()
    {
        double[] offsets = Swarm.Offsets([10, 10, 10, 10], apart: 12, limit: 100);
        Assert.That(offsets.Order().Zip(offsets.Order().Skip(1), (a, b) => b - a), Is.All.GreaterThanOrEqualTo(12));
    }

    [TestCase(0.13, 1.296, 0.5, 1)]
    [TestCase(5, 5, 0.2, 1)]
    [TestCase(-300, 900, 500, 0)]
    public void An_axis_has_round_ticks_around_the_values(double low, double high, double step, int decimals)
    {
        var scale = new Scale(low, high, 100, 0);
        Assert.That(scale.Ticks[0], Is.LessThanOrEqualTo(low));
        Assert.That(scale.Ticks[^1], Is.GreaterThanOrEqualTo(high));
        Assert.That(scale.Ticks[1] - scale.Ticks[0], Is.EqualTo(step).Within(1e-12));
        Assert.That(scale.Decimals, Is.EqualTo(decimals));
        Assert.That((scale.Pixel(scale.Ticks[0]), scale.Pixel(scale.Ticks[^1])), Is.EqualTo((100.0, 0.0)));
    }

    [Test]
    public void A_sweep_of_only_sft_has_a_page()
    {
        _sweep = _sweep with { Runs = [] };
        Assert.That(Page(), Does.Contain("no data").And.Contain("No preference run has finished"));
    }

    [Test]
    public void A_page_without_training_steps_has_no_curves()
    {
        foreach (string path in Directory.GetFiles(_folder, "steps.jsonl", SearchOption.AllDirectories))
            File.Delete(path);
        Assert.That(Page(), Does.Not.Contain("class=\"curve\"").And.Not.Contain("gradient norm"));
    }

    [Test]
    public void A_broken_training_step_is_named_by_file_and_line()
    {
        string path = Path.Combine(_sweep.Runs[0].Folder, "steps.jsonl");
        File.AppendAllText(path, "{\"loss\": \"low\"}\n");
        Assert.That(Page, Throws.InnerException.TypeOf<InvalidDataException>().With.InnerException.Message.StartsWith($"{path}(51): not a training step: "));
    }

    [Test]
    public void A_sentence_has_one_link_a_table()
    {
        foreach (string sentence in Page().Split("<li>").Skip(1).Select(text => text.Split("</li>")[0]))
            Assert.That(System.Text.RegularExpressions.Regex.Matches(sentence, "title=\"([^:]+):").Select(match => match.Groups[1].Value), Is.Unique);
    }

    [Test]
    public void A_figure_of_a_single_value_is_left_out()
    {
        _sweep = _sweep with { Runs = [.. _sweep.Runs.GroupBy(run => run.Point.Method).Select(runs => runs.First())], Missing = [] };
        string[] names = [.. ReportWriter.Files(new ReportData(_sweep)).Select(file => file.Name).Where(name => name.EndsWith(".svg", StringComparison.Ordinal))];
        Assert.That(names, Has.None.StartsWith("budget").And.None.EqualTo("figure4.svg").And.None.EqualTo("figure7.svg"));
    }

    [Test]
    public void An_axis_that_counts_has_whole_ticks() => Assert.That(new Scale(1, 3, 0, 100, leastStep: 1).Ticks, Is.EqualTo(new[] { 1.0, 2, 3 }));

    private string Page() => ReportWriter.Files(new ReportData(_sweep)).Single(file => file.Name == "report.html").Text;
}
