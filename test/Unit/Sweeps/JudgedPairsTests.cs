using Alignment.Data;
using Alignment.Recipes;
using Alignment.Rewards;
using Alignment.Sweeps;
using Alignment.Tokenization;
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

    [Test]
    public void Accuracy_is_counted_unless_no_score_is_known() =>
        Assert.That(new JudgedPairs([double.NaN, 2], [double.NaN, 1]).Accuracy.Total, Is.EqualTo(2));

    [TestCase("[1, 2]", "[0.5, 3]", true)]
    [TestCase("[1]", "[0.5, 3]", false)]
    [TestCase("[1, 2]", "[0.5]", false)]
    [TestCase("[1, 2]", "null", false)]
    public void A_stored_file_must_have_a_score_for_each_side_of_each_pair(string chosen, string rejected, bool isTaken)
    {
        using var folder = new SweepFolder();
        PreferencePair[] pairs = [Pair("a"), Pair("b")];
        string path = Path.Combine(folder.PathOf("sweep"), "judges", JudgedPairs.Name("judge", ContentHash.Of(pairs)));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, $"{{ \"chosen\": {chosen}, \"rejected\": {rejected} }}");
        if (isTaken)
            Assert.That((Read().Chosen, Read().Rejected), Is.EqualTo((new[] { 1.0, 2 }, new[] { 0.5, 3 })));
        else
            Assert.That(Read, Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"{path}: not a judge's scores of the test set's responses; delete it, they are scored again")
                .And.InnerException.Not.Null);

        JudgedPairs Read() => JudgedPairs.Of(folder.PathOf("sweep"), pairs, "judge", () => throw new InvalidOperationException("nothing is scored"), _ => { });
    }

    [Test]
    public void A_judges_file_is_json_and_named_for_judge_and_test_set() =>
        Assert.That((Path.GetExtension(JudgedPairs.Name("a", "b")), JudgedPairs.Name("a", "b") == JudgedPairs.Name("b", "b")), Is.EqualTo((".json", false)));

    [TestCase(1, "within it"), TestCase(2, "above it: do this")]
    public void A_share_that_is_the_limit_is_within_it(int cut, string told)
    {
        using SweepFolder folder = new SweepFolder().With("own.json", "\"maxNewTokens\": 6", "\"maxNewTokens\": 6, \"maxCutShare\": 0.25");
        Recipe recipe = folder.Load();
        Assert.That(CutResponses.Text(recipe, new Share(cut, 4), "were cut", "do this"), Is.EqualTo($"cut: {new Share(cut, 4)} responses were cut; maxCutShare is 0.25, {told}"));
    }

    private static PreferencePair Pair(string prompt) => new(prompt, [new(Role.User, prompt)], "yes", "no");
}
