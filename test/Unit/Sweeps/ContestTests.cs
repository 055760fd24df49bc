using Alignment.Sweeps;
using Alignment.Sweeps.Search;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>How a search's run is named and told that is behind its leader.</summary>
public class ContestTests
{
    [TestCase("DPO-b0.1-0123456789-behind-abcdef", "DPO-b0.1-0123456789"), TestCase("a-behind-b-behind-abcdef", "a-behind-b")]
    [TestCase("DPO-b0.1-0123456789"), TestCase("DPO-b0.1-behind-abcde"), TestCase("DPO-b0.1-behind-abcdefg"), TestCase("-behind-abcdef")]
    public void A_run_that_was_stopped_has_the_name_of_the_whole_one_and_six_digits_of_its_leader(string name, string? whole = null) =>
        Assert.That(Contest.WholeName(name), Is.EqualTo(whole ?? name));

    // by hand: 1 behind on average, the squares are 50 times a quarter
    [Test]
    public void Its_lead_is_the_mean_difference_and_what_it_is_behind_by_at_least_is_the_bound()
    {
        double[] differences = [.. Enumerable.Range(0, 50).Select(prompt => prompt % 2 - 1.5)];
        var standing = new Standing(differences, 600);
        Assert.That((standing.StoppedAfter, standing.Lead), Is.EqualTo(((int?)50, -1.0)));
        Assert.That(standing.AtLeast, Is.EqualTo(1 - EarlyStopping.Width(50) * Math.Sqrt(12.5 / 49 / 50)).Within(1e-12));
        Assert.That(standing.ToString(), Is.EqualTo("after 50 of 600 prompts 1.000 behind, by 0.791 at least (95 % over all looks)"));
        Assert.That(new Standing(differences, 50).StoppedAfter, Is.Null, "it has answered all");
    }
}
