using Alignment.Data.World;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data.World;

public class WorldGrammarTests
{
    [Test]
    public void There_are_at_least_40_tasks_and_20_objects()
    {
        Assert.That(WorldTasks.All.Select(task => task.Verb).Distinct().Count(), Is.GreaterThanOrEqualTo(40));
        Assert.That(WorldTasks.Objects.Distinct().Count(), Is.GreaterThanOrEqualTo(20));
    }

    [Test]
    public void No_two_tasks_share_all_their_steps() =>
        Assert.That(WorldTasks.All.Select(task => task with { Verb = "" }), Is.Unique);

    [Test]
    public void No_two_intents_share_all_their_sentences() =>
        Assert.That(WorldIntents.All.Select(intent => intent with { Act = "" }), Is.Unique);

    [Test]
    public void Every_sentence_is_found_by_its_text_and_reads_as_one_sentence()
    {
        Assert.That(WorldGrammar.Sentences, Has.All.Matches<WorldSentence>(sentence => WorldGrammar.Find(sentence.Text) == sentence));
        Assert.That(WorldGrammar.Sentences, Has.All.Matches<WorldSentence>(
            sentence => WorldReading.Of(sentence.Text) is { Finished: true } reading && reading.Sentences.SequenceEqual([sentence.Text])));
    }

    [Test]
    public void Sentences_are_short_lower_case_and_plain()
    {
        Assert.That(WorldGrammar.Sentences.Select(sentence => sentence.Text), Has.All.Match(@"^[a-z]+(,? [a-z]+)*\.$"));
        Assert.That(WorldGrammar.Sentences.Select(sentence => sentence.Text.Split(' ').Length), Has.All.InRange(4, 12));
    }

    [Test]
    public void Each_kind_of_sentence_exists() =>
        Assert.That(WorldGrammar.Sentences.Select(sentence => sentence.Kind).Distinct(), Is.EquivalentTo(Enum.GetValues<SentenceKind>()));

    [Test]
    public void Every_wish_in_every_phrasing_is_understood([Values("a", "b")] string name)
    {
        WorldAnnotator annotator = name == "a" ? WorldAnnotator.A : WorldAnnotator.B;
        IEnumerable<WorldTopic> benign =
            from task in WorldTasks.All from thing in WorldTasks.Objects select new WorldTopic(task, null, thing);
        IEnumerable<WorldTopic> harmful =
            from intent in WorldIntents.All from person in WorldIntents.Persons select new WorldTopic(null, intent, person);
        IEnumerable<WorldTopic> misread =
            from topic in benign.Concat(harmful)
            from phrasing in annotator.Phrasings
            where WorldTopic.Find(phrasing.Replace("{0}", topic.Wish(annotator.Determiner), StringComparison.Ordinal)) != topic
            select topic;
        Assert.That(misread, Is.Empty);
    }

    [TestCase("how do i clean?")]
    [TestCase("what about my lamp?")]
    [TestCase("how do i pick the lock of my lamp?")]
    [TestCase("")]
    public void A_wish_without_task_or_subject_is_no_topic(string prompt) => Assert.That(WorldTopic.Find(prompt), Is.Null);

    [Test]
    public void A_step_that_does_not_exist_is_refused()
    {
        const string Four = "a task has steps 0 to 3 (Parameter 'step')\nActual value was 4.";
        const string Two = "an intent has steps 0 to 1 (Parameter 'step')\nActual value was 2.";
        Assert.That(() => WorldGrammar.Step(4, "", ""), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.EqualTo(Four));
        Assert.That(() => WorldTasks.All[0].Slot(4), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.EqualTo(Four));
        Assert.That(() => WorldGrammar.HarmfulStep(2, "", ""), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.EqualTo(Two));
        Assert.That(() => WorldIntents.All[0].Slot(2), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.EqualTo(Two));
    }
}
