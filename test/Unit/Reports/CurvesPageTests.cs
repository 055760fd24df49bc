using System.Text.RegularExpressions;
using Alignment.Harness;
using Alignment.Reports.Page;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Reports;

/// <summary>curves.html of a store whose models are trained, being trained or stopped.</summary>
public sealed class CurvesPageTests
{
    private string _folder = "";

    [SetUp]
    public void Make() => _folder = Directory.CreateTempSubdirectory("curves").FullName;

    [TearDown]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Every_model_has_its_state_its_steps_and_its_curves_and_the_page_loads_itself_again_while_the_sweep_runs()
    {
        Steps("weights/SFT-1", 12);
        Steps("weights/DPO-1.work/training", 5);
        var page = new CurvesPage(_folder);
        page.Write("run 2 of 4: DPO <1>; about 3 min left", runs: true);
        Assert.That(Rows(), Is.EquivalentTo(new[] { "SFT-1 trained 12", "DPO-1 training 5" }));
        Assert.That(Html(), Does.Contain("<meta http-equiv=\"refresh\" content=\"5\">").And.Contain("DPO &lt;1&gt;; about 3 min left"));
        Assert.That(Regex.Count(Html(), "<svg class=\"curve\""), Is.EqualTo(4), "loss and gradient norm of both");

        Steps("weights/DPO-1.work/training", 9);
        page.Write("", runs: false);
        Assert.That(Rows(), Is.EquivalentTo(new[] { "SFT-1 trained 12", "DPO-1 stopped 9" }));
        Assert.That(Html(), Does.Not.Contain("http-equiv=\"refresh\""));

        Directory.CreateDirectory(Path.Combine(_folder, "weights/DPO-1"));
        File.Move(Path.Combine(_folder, "weights/DPO-1.work/training/steps.jsonl"), Path.Combine(_folder, "weights/DPO-1/steps.jsonl"));
        page.Write("", runs: false);
        Assert.That(Rows(), Is.EquivalentTo(new[] { "SFT-1 trained 12", "DPO-1 trained 9" }));
    }

    [Test]
    public void A_line_that_is_being_written_keeps_the_curves_of_before()
    {
        string log = Steps("weights/DPO-1.work/training", 5);
        var page = new CurvesPage(_folder);
        page.Write("", runs: true);
        File.AppendAllText(log, "{\"step\":6,\"lo");
        page.Write("", runs: true);
        Assert.That(Rows(), Is.EqualTo(new[] { "DPO-1 training 5" }));
    }

    [Test, Repeat(20)] // the first version and the last are written by two threads
    public void A_sweep_says_where_it_stands_and_at_last_that_it_has_ended()
    {
        using (var curves = new LiveCurves(_folder))
            curves.Hear("[DPO] train: step 3/9");
        Assert.That(Html(), Does.Contain("The sweep has ended.").And.Not.Contain("http-equiv=\"refresh\""));
    }

    private string Steps(string folder, int steps)
    {
        string path = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, folder)).FullName, "steps.jsonl");
        File.WriteAllLines(path, Enumerable.Range(1, steps).Select(step => $$"""{"step":{{step}},"loss":{{10 - step}},"grad_norm":1.5}"""));
        return path;
    }

    private string Html() => File.ReadAllText(Path.Combine(_folder, CurvesPage.Name));

    private IEnumerable<string> Rows() => Regex.Matches(Html(), "<th scope=\"row\">(.*?)</th>\\s*<td>(.*?)</td>\\s*<td>(.*?)</td>").Select(row => string.Join(' ', row.Groups.Values.Skip(1)));
}
