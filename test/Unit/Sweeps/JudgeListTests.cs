using Alignment.Data;
using Alignment.Data.World;
using Alignment.Recipes;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Distributed;
using Alignment.Tests.Unit.Training;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>The judges of a sweep by themselves: how they are told apart, opened and closed.</summary>
[NonParallelizable]
public sealed class JudgeListTests
{
    private const string One = "\"gold\": { \"folder\": \"gold\", \"maxLength\": 64 }",
        Two = "\"gold\": [ { \"folder\": \"gold\", \"maxLength\": 64 }, { \"folder\": \"other\", \"maxLength\": 64, \"name\": \"second\" } ]";

    private static readonly PreferencePair[] s_pairs = [.. EmbeddedWorld.TrainingPairs(1, 3)];

    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _log = [];

    [OneTimeSetUp]
    public void Make() => SweepFolder.SaveGold(_folder.File("gold"));

    [OneTimeTearDown]
    public void Remove() => _folder.Dispose();

    [SetUp]
    public void Forget() => _log.Clear();

    [Test]
    public void Lines_about_one_of_several_begin_with_its_name_and_the_first_decides()
    {
        using Judges one = Of(One), two = Of(Two);
        Assert.That(new[] { one.Tag(0), two.Tag(0), two.Tag(1) }, Is.EqualTo(new[] { "", "gold: ", "second: " }));
        JudgedPairs pairs = new([1, 2, 0], [0, 2, 1]);
        Assert.That(new[] { two.Facts(0, pairs), two.Facts(1, pairs) }, Is.EqualTo(new[] { new JudgeFacts("gold", "gold", 1, 1, 3), new JudgeFacts("second", "other", 1, 1, 3) { Decides = false } }));
    }

    [Test]
    public void What_keeps_one_from_opening_is_told_again_and_not_tried_again()
    {
        int tried = 0;
        using var judges = new Judges(Parse(One), () => ++tried > 0 ? throw new IOException("no room") : null!, _folder.Path, _log.Add);
        foreach (int _ in new[] { 1, 2 })
            Assert.That(() => judges.Open(0, "", null!, CancellationToken.None), Throws.TypeOf<IOException>().With.Message.EqualTo("no room"));
        Assert.That(tried, Is.EqualTo(1));
    }

    [Test]
    public void Of_a_test_set_without_pairs_none_is_opened_and_that_is_told_once()
    {
        using var judges = new Judges(Parse(Two), () => throw new InvalidOperationException("nothing is opened"), _folder.Path, _log.Add);
        SweepData data = BareData.Of(test: [PreferencePair.Labelled("test.jsonl(1)", [new(Role.User, "why?")], "so.", true), PreferencePair.Labelled("test.jsonl(2)", [new(Role.User, "why?")], "no.", false)]);
        JudgedPairs first = judges.Pairs(1, "", data, CancellationToken.None), again = judges.Pairs(1, "", data, CancellationToken.None);
        Assert.That((first.Chosen, first.Accuracy.Total, again), Is.EqualTo((new[] { double.NaN, double.NaN }, 0, first)));
        Assert.That(_log, Is.EqualTo(new[] { "second: gold model: the test set has no pairs, so that its accuracy is not known" }));
    }

    [Test]
    public void One_is_opened_once_and_when_closed_is_freed_and_opened_anew()
    {
        using Judges judges = Of(Two);
        GoldModel Open() => judges.Open(0, "", null!, CancellationToken.None);
        GoldModel first = Open();
        double[] scores = Scores(first);
        Assert.That(Open(), Is.SameAs(first));
        Assert.That(_log, Is.EqualTo(new[] { "gold: gold model: template phi-3, told by the tokenizer's markers" }));
        judges.Close();
        Assert.That(() => Scores(first), Throws.Exception, "its weights are gone");
        Assert.That(Scores(Open()), Is.EqualTo(scores));
        Assert.That(_log, Has.Count.EqualTo(2));
    }

    // a rank that would score alone meets another's collective, which is refused
    [Test]
    public void Ranks_score_together_what_one_scores_alone()
    {
        Recipe recipe = Parse(One);
        using Judges alone = Of(One);
        double[] expected = Scores(alone.Open(0, "", null!, CancellationToken.None));
        double[]?[] scored = RanksInTurn.Run(2, rank =>
        {
            SweepOptions options = Options with { Ranks = rank };
            var work = new RankWork(recipe, options, () => throw new InvalidOperationException("a judge needs no data"), () => options);
            if (rank.Rank > 0)
            {
                work.Follow(CancellationToken.None);
                return null;
            }

            using var judges = new Judges(recipe, () => options, _folder.Path, _log.Add) { Ranks = work };
            double[] scores = Scores(judges.Open(0, "", null!, CancellationToken.None));
            work.End();
            return scores;
        });
        Assert.That(scored[0], Is.EqualTo(expected));
    }

    private SweepOptions Options => new() { SweepsFolder = _folder.Path, Threads = 1 };

    private Judges Of(string gold) => new(Parse(gold), () => Options, _folder.Path, _log.Add);

    private Recipe Parse(string gold) => RecipeFile.Parse(SweepFolder.Recipe.Replace(One, gold, StringComparison.Ordinal), _folder.File("own.json"));

    private static double[] Scores(GoldModel gold) => [.. gold.Score(s_pairs, s_pairs.Select(pair => (pair.Chosen, true))).Select(score => score.Value)];
}
