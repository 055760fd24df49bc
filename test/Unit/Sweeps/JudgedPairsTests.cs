using Alignment.Data;
using Alignment.Recipes;
using Alignment.Rewards;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Training;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>What is counted of scores and responses.</summary>
public class JudgedPairsTests
{
    private static readonly PreferencePair[] s_pairs = [Pair("a"), Pair("b")];

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
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "judges", JudgedPairs.Name("judge", ContentHash.Of(s_pairs)));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, $"{{ \"chosen\": {chosen}, \"rejected\": {rejected} }}");
        if (isTaken)
            Assert.That((Read().Chosen, Read().Rejected), Is.EqualTo((new[] { 1.0, 2 }, new[] { 0.5, 3 })));
        else
            Assert.That(Read, Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"{path}: not a judge's scores of the test set's responses; delete it, they are scored again")
                .And.InnerException.Message.EqualTo("not a score for each pair"));

        JudgedPairs Read() => JudgedPairs.Of(folder.Path, s_pairs, "judge", () => throw new InvalidOperationException("nothing is scored"), _ => { });
    }

    [Test]
    public void What_a_judge_says_is_told_stored_and_not_asked_for_again()
    {
        using var folder = new TemporaryFolder();
        List<string> log = [];
        int opened = 0;
        JudgedPairs first = Ask(), again = Ask();
        Assert.That((first.Chosen, first.Rejected, opened), Is.EqualTo((new[] { 3.0, 3 }, new[] { 2.0, 2 }, 1)));
        Assert.That((again.Chosen, again.Rejected), Is.EqualTo((first.Chosen, first.Rejected)));
        Assert.That(log, Is.EqualTo(new[] { "chosen responses: 2 of 2 (100.0 %) were read by the gold model without their beginning" }), "the rejected ones are not counted");
        string file = Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories).Single();
        Assert.That(file, Is.EqualTo(Path.Combine(folder.Path, "judges", JudgedPairs.Name("judge", ContentHash.Of(s_pairs)))));
        Assert.That(File.ReadAllText(file), Is.EqualTo("{\n  \"chosen\": [\n    3,\n    3\n  ],\n  \"rejected\": [\n    2,\n    2\n  ]\n}\n"));

        JudgedPairs Ask() => JudgedPairs.Of(folder.Path, s_pairs, "judge", Open, log.Add);

        GoldModel Open()
        {
            opened++;
            return new(new Said(request => new(request.Response.Length, InputCut: request.Response == "yes")), turns => new(turns[^1].Text, []));
        }
    }

    [TestCase("yes", double.NaN), TestCase("no", double.PositiveInfinity)]
    public void A_side_with_scores_that_are_no_numbers_is_refused_and_not_stored(string side, double said)
    {
        using var folder = new TemporaryFolder();
        using var gold = new GoldModel(new Said(request => new(request.Response == side ? said : 1, InputCut: false)), turns => new(turns[^1].Text, []));
        Assert.That(() => JudgedPairs.Of(folder.Path, s_pairs, "judge", () => gold, _ => { }), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            "the gold model's scores of the test set's own responses are not all finite numbers: examine its folder with the doctor"));
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path), Is.Empty);
    }

    [Test]
    public void A_judges_file_is_json_and_named_for_judge_and_test_set() =>
        Assert.That((Path.GetExtension(JudgedPairs.Name("a", "b")), JudgedPairs.Name("a", "b") == JudgedPairs.Name("b", "b")), Is.EqualTo((".json", false)));

    [TestCase(1, "within it"), TestCase(2, "above it: do this")]
    public void A_share_that_is_the_limit_is_within_it(int cut, string told)
    {
        Recipe recipe = RecipeFile.Parse(SweepFolder.Recipe.Replace("\"maxNewTokens\": 6", "\"maxNewTokens\": 6, \"maxCutShare\": 0.25", StringComparison.Ordinal), "own.json");
        Assert.That(CutResponses.Text(recipe, new Share(cut, 4), "were cut", "do this"), Is.EqualTo($"cut: {new Share(cut, 4)} responses were cut; maxCutShare is 0.25, {told}"));
    }

    private static PreferencePair Pair(string prompt) => new(prompt, [new(Role.User, prompt)], "yes", "no");

    private sealed class Said(Func<ScoringRequest, RewardScore> score) : IRewardModel
    {
        public IReadOnlyList<RewardScore> Score(IReadOnlyList<ScoringRequest> requests) => [.. requests.Select(score)];

        public void Dispose()
        {
        }
    }
}
