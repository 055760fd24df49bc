using Alignment.Data;
using Alignment.Recipes;
using Alignment.Rewards;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>What is counted of scores and responses.</summary>
public class JudgedPairsTests
{
    [Test]
    public void A_judge_orders_pairs_as_the_test_set_does_and_none_where_that_has_no_pairs()
    {
        Assert.That(new JudgedPairs([1, 2, 0], [0, 2, 1]).Accuracy, Is.EqualTo(new PairAccuracy(1, 3, 1)));
        JudgedPairs none = JudgedPairs.None(3);
        Assert.That((none.Chosen.Count, none.Rejected.Count, none.Accuracy), Is.EqualTo((3, 3, new PairAccuracy(0, 0))));
    }

    [TestCase(1, "within it"), TestCase(2, "above it: do this")]
    public void A_share_that_is_the_limit_is_within_it(int cut, string told)
    {
        using SweepFolder folder = new SweepFolder().With("own.json", "\"maxNewTokens\": 6", "\"maxNewTokens\": 6, \"maxCutShare\": 0.25");
        Recipe recipe = folder.Load();
        Assert.That(CutResponses.Text(recipe, new Share(cut, 4), "were cut", "do this"), Is.EqualTo($"cut: {new Share(cut, 4)} responses were cut; maxCutShare is 0.25, {told}"));
    }
}
