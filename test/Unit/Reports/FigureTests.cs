using System.Globalization;
using System.Xml.Linq;
using Alignment.Reports;
using Alignment.Reports.Figures;
using Alignment.Reports.Numbers;
using Alignment.Reports.Tables;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Reports;

[NonParallelizable]
public sealed class FigureTests
{
    private string _folder = "";
    private StoredSweep _sweep = null!;

    [SetUp]
    public void MakeSweep()
    {
        _folder = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"figures-{TestContext.CurrentContext.Test.ID}");
        _sweep = GeneratedSweep.Write(_folder);
    }

    [TearDown]
    public void RemoveSweep() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Every_figure_is_xml_with_a_title_and_numbers_only_inside_the_picture()
    {
        foreach (string path in ReportWriter.Write(_sweep).Where(path => path.EndsWith(".svg", StringComparison.Ordinal)))
        {
            XElement svg = XDocument.Load(path).Root!;
            Assert.That(svg.Elements().First().Value, Does.EndWith("?"), path);
            Assert.That(svg.Elements().Where(element => element.Name.LocalName == "text").Take(2).Select(text => text.Value.Length),
                Is.All.LessThan(80), $"{path}: the title or what stands below it is too long for the picture");
            foreach (XElement dot in svg.Descendants().Where(element => element.Name.LocalName == "circle"))
            {
                Assert.That(double.Parse(dot.Attribute("cx")!.Value, CultureInfo.InvariantCulture), Is.InRange(0, 760), path);
                Assert.That(double.Parse(dot.Attribute("cy")!.Value, CultureInfo.InvariantCulture), Is.InRange(0, 470), path);
            }
        }
    }

    [Test]
    public void Hyperparameter_values_stand_in_the_order_of_their_size()
    {
        string svg = ScoreFigures.Hyperparameters(new ReportData(_sweep)).First(figure => figure.Name == "figure4.svg").Svg;
        string[] labels = [.. XDocument.Parse(svg).Descendants().Select(element => element.Value)
            .Where(text => text.StartsWith("β =", StringComparison.Ordinal))];
        Assert.That(labels, Is.EqualTo(new[] { "β = 0.01", "β = 0.05", "β = 0.1" }));
    }

    [Test]
    public void A_method_without_runs_has_no_hyperparameter_figure_and_an_empty_budget()
    {
        _sweep = _sweep with { Runs = [.. _sweep.Runs.Where(run => run.Point.Method != "SimPO")] };
        var data = new ReportData(_sweep);
        Assert.That(ScoreFigures.Hyperparameters(data).Select(figure => figure.Name), Is.EqualTo(new[] { "figure4.svg", "figure5.svg", "score-DPO-LearningRate.svg", "score-LN-DPO-LearningRate.svg" }));
        Assert.That(BudgetTable.Of(data).Data.Rows.Select(row => row[0].Text), Has.None.EqualTo("SimPO"));
        Assert.That(BudgetFigures.Of(data).First().Svg, Does.Contain("SimPO (no data)"));
    }

    [Test]
    public void The_grid_table_counts_the_runs_strictly_below_the_sft_model()
    {
        double middle = _sweep.Runs.Where(run => run.Point.Method == "DPO").Select(run => run.Summary.MeanScore.Value).Order().ElementAt(2);
        StoredRun sft = _sweep.Sft!;
        _sweep = _sweep with { Sft = sft with { Summary = sft.Summary with { MeanScore = sft.Summary.MeanScore with { Value = middle } } } };

        IReadOnlyList<Cell> dpo = GridTable.Of(new ReportData(_sweep)).Table.Rows[0];
        Assert.That((dpo[0].Text, dpo[1].Number, dpo[6].Number), Is.EqualTo(("DPO", 6.0, 2 / 6.0)));
    }
}
