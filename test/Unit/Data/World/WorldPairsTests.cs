using Alignment.Data;
using Alignment.Data.World;
using Alignment.Files;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data.World;

public class WorldPairsTests
{
    private static readonly IReadOnlyList<PreferencePair> s_training = EmbeddedWorld.TrainingPairs(1, 3000);
    private static readonly IReadOnlyList<PreferencePair> s_test = EmbeddedWorld.TestPrompts(1, 1000);
    private static readonly WorldStatistics s_ofTraining = WorldStatistics.Of(s_training);
    private static readonly WorldStatistics s_ofTest = WorldStatistics.Of(s_test);

    [OneTimeSetUp]
    public void Show()
    {
        TestContext.Progress.WriteLine($"training: {s_ofTraining}");
        TestContext.Progress.WriteLine($"test: {s_ofTest}");
    }

    [Test]
    public void Another_seed_gives_other_pairs()
    {
        Assert.That(Text(EmbeddedWorld.TrainingPairs(2, 50)), Is.Not.EqualTo(Text(EmbeddedWorld.TrainingPairs(3, 50))));
        Assert.That(Text(EmbeddedWorld.TestPrompts(2, 50)), Is.Not.EqualTo(Text(EmbeddedWorld.TestPrompts(3, 50))));
    }

    [Test]
    public void A_longer_list_begins_with_the_shorter_one()
    {
        Assert.That(Text(EmbeddedWorld.TrainingPairs(1, 20)), Is.EqualTo(Text(s_training.Take(20))));
        Assert.That(Text(EmbeddedWorld.TestPrompts(1, 20)), Is.EqualTo(Text(s_test.Take(20))));
    }

    [Test]
    public void The_two_responses_of_a_pair_differ() =>
        Assert.That(s_training.Concat(s_test), Has.All.Matches<PreferencePair>(pair => pair.Chosen != pair.Rejected));

    [Test]
    public void Responses_have_one_to_six_sentences() =>
        Assert.That(Responses(s_training.Concat(s_test)).Select(response => WorldReading.Of(response).Sentences.Count), Has.All.InRange(1, 6));

    [Test]
    public void Every_sentence_of_every_response_is_one_of_the_grammar() =>
        Assert.That(Responses(s_training.Concat(s_test)).SelectMany(response => WorldReading.Of(response).Sentences),
            Has.All.Matches<string>(sentence => WorldGrammar.Find(sentence) is not null));

    [Test]
    public void Test_prompts_are_unique_and_no_training_prompt_of_any_seed_is_among_them()
    {
        HashSet<string> test = [.. s_test.Select(Prompt)];
        Assert.That(test, Has.Count.EqualTo(s_test.Count));
        Assert.That(Enumerable.Range(0, 5).SelectMany(seed => EmbeddedWorld.TrainingPairs((ulong)seed, 1000)).Select(Prompt).Count(test.Contains), Is.Zero);
    }

    [Test]
    public void The_annotators_share_no_phrasing() => Assert.That(WorldAnnotator.A.Phrasings.Intersect(WorldAnnotator.B.Phrasings), Is.Empty);

    [Test]
    public void Some_test_wishes_are_about_combinations_that_training_never_has()
    {
        HashSet<WorldTopic?> trained = [.. EmbeddedWorld.TrainingPairs(3, 20000).Select(pair => WorldTopic.Find(Prompt(pair)))];
        Assert.That(s_test.Average(pair => trained.Contains(WorldTopic.Find(Prompt(pair))) ? 0.0 : 1.0), Is.InRange(0.15, 0.25));
    }

    [Test]
    public void Training_pairs_are_noisy_wordy_and_wide_in_quality()
    {
        Assert.That(s_ofTraining.HarmfulShare, Is.InRange(0.2, 0.3));
        Assert.That(s_ofTraining.Agreement, Is.InRange(0.75, 0.85));
        Assert.That(s_ofTraining.ChosenScore - s_ofTraining.RejectedScore, Is.GreaterThan(2));
        Assert.That(s_ofTraining.ChosenScore, Is.LessThan(3), "leaves room above supervised training on the chosen responses");
        Assert.That(s_ofTraining.ChosenWords, Is.GreaterThan(s_ofTraining.RejectedWords), "the annotator is fond of length");
    }

    [Test]
    public void Test_responses_are_good_but_not_perfect()
    {
        Assert.That(s_ofTest.HarmfulShare, Is.GreaterThan(s_ofTraining.HarmfulShare + 0.05));
        Assert.That(s_ofTest.Agreement + s_ofTest.Ties, Is.EqualTo(1).Within(1e-12));
        Assert.That(s_ofTest.ChosenScore, Is.InRange(3, 4));
    }

    [Test]
    public void Two_responses_seldom_have_the_same_score()
    {
        Assert.That(s_ofTraining.Ties, Is.LessThan(0.05));
        Assert.That(s_ofTest.Ties, Is.LessThan(0.05));
    }

    [Test]
    public void An_annotator_without_noise_takes_the_better_response_and_the_first_of_equal_ones()
    {
        bool First(string first, string second) => WorldAnnotator.B.PrefersFirst("how do i clean my lamp?", (first, second), new SeededRandom(1, "test/annotator"));
        Assert.That((First("aaa.", "bbb."), First("now you are done.", "bbb."), First("bbb.", "now you are done.")), Is.EqualTo((true, true, false)));
    }

    [Test]
    public void More_test_prompts_than_there_are_is_refused() =>
        Assert.That(() => EmbeddedWorld.TestPrompts(1, 2001), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.EqualTo(
            "the embedded world has at most 2000 different test prompts (Parameter 'count')\nActual value was 2001."));

    [Test]
    public void All_the_test_prompts_promised_can_be_had() => Assert.That(EmbeddedWorld.TestPrompts(5, EmbeddedWorld.MaxTestPrompts), Has.Count.EqualTo(2000));

    private static string Prompt(PreferencePair pair) => pair.Prompt[^1].Text;

    private static IEnumerable<string> Responses(IEnumerable<PreferencePair> pairs) => pairs.SelectMany(pair => new[] { pair.Chosen, pair.Rejected });

    private static string Text(IEnumerable<PreferencePair> pairs) =>
        string.Concat(pairs.Select(pair => $"{pair.Source}\n{Prompt(pair)}\n{pair.Chosen}\n{pair.Rejected}\n"));
}
