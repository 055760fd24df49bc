using Alignment.Harness;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Harness;

public class GridFilterTests
{
    private static readonly IReadOnlyCollection<KeyValuePair<string, string>>[] s_points =
    [
        [new("Method", "DPO"), new("Beta", "0.1")], [new("Method", "DPO"), new("Beta", "0.2")], [new("Method", "SimPO"), new("Beta", "2.0"), new("Gamma", "0.5")],
    ];

    [TestCase("", 3), TestCase("TestCategory=Sweep", 3), TestCase("TestCategory=Sweep&Method=DPO", 2), TestCase("TestCategory=Sweep&(Method=simpo|Beta=0.1)", 2)]
    [TestCase("FullyQualifiedName~Sweep.Report", 3), TestCase("Method!=DPO", 1), TestCase("Method~PO&Beta=0.2", 1), TestCase("Gamma!~5", 2)]
    public void Points_are_selected_as_the_test_platform_does(string filter, int selected)
    {
        var grid = new GridFilter(filter);
        Assert.That(s_points.Count(grid.Selects), Is.EqualTo(selected));
        Assert.That(grid.Unmet(s_points), Is.Null);
    }

    [TestCase("Method=IPO", "no run has Method=IPO"), TestCase("Method=DPO&Beta=7", "no run has Beta=7"), TestCase("Bta=0.1", "no run has a value of the name Bta")]
    [TestCase("TestCategory=Sweep&Method=DPO&Beta=2.0", "its values are never together")]
    public void A_filter_that_selects_nothing_is_answered_with_the_values_there_are(string filter, string why) =>
        Assert.That(new GridFilter(filter).Unmet(s_points), Is.EqualTo(
            $"the filter selects no run: {why}. There are\n  Method: DPO, SimPO\n  Beta: 0.1, 0.2, 2.0\n  Gamma: 0.5"));

    [Test]
    public void A_test_can_have_all_the_values_a_filter_wants() =>
        Assert.That(new GridFilter("TestCategory=Sweep&Method=IPO&Beta!=3&Beta=7").Wanted, Is.EqualTo(new KeyValuePair<string, string>[] { new("Method", "IPO"), new("Beta", "7") }));
}
