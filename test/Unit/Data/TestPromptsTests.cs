using Alignment.Data;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data;

public class TestPromptsTests
{
    private static readonly PreferencePair[] s_trained = [Pair("train(1)", "a"), Pair("train(2)", "b")];
    private static readonly PreferencePair[] s_test = [Pair("test(1)", "c"), Pair("test(2)", "a"), Pair("test(3)", "c"), Pair("test(4)", "d"), Pair("test(5)", "a")];

    [Test]
    public void Prompts_that_are_trained_on_or_repeated_are_left_out_and_told_apart()
    {
        TestPrompts prompts = TestPrompts.Of(s_test, s_trained, PromptRule.Drop, PromptRule.Drop);
        Assert.That(Sources(prompts.Pairs), Is.EqualTo("test(1) test(4)"));
        Assert.That((Sources(prompts.Seen), Sources(prompts.Repeated)), Is.EqualTo(("test(2) test(5)", "test(3)")));
    }

    [TestCase(PromptRule.Keep, PromptRule.Drop, "test(1) test(2) test(4)")]
    [TestCase(PromptRule.Drop, PromptRule.Keep, "test(1) test(3) test(4)")]
    [TestCase(PromptRule.Keep, PromptRule.Keep, "test(1) test(2) test(3) test(4) test(5)")]
    public void Either_kind_can_be_kept(object onSeen, object onRepeated, string kept)
    {
        TestPrompts prompts = TestPrompts.Of(s_test, s_trained, (PromptRule)onSeen, (PromptRule)onRepeated);
        Assert.That(Sources(prompts.Pairs), Is.EqualTo(kept));
        Assert.That(TestPrompts.Distinct(prompts.Pairs), Is.EqualTo(kept.Contains("test(2)", StringComparison.Ordinal) ? 3 : 2));
    }

    [Test]
    public void Either_kind_can_be_refused_by_name()
    {
        Assert.That(() => TestPrompts.Of(s_test, s_trained, PromptRule.Refuse, PromptRule.Drop), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            "2 test prompts are among the prompts that are trained on: test(2), test(5); take them out of the file, or let the recipe drop them by \"seenTestPrompts\": \"drop\""));
        Assert.That(() => TestPrompts.Of(s_test, s_trained, PromptRule.Drop, PromptRule.Refuse), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            "1 test prompts repeat an earlier one: test(3); take them out of the file, or let the recipe drop them by \"repeatedTestPrompts\": \"drop\""));
    }

    [Test]
    public void Where_nothing_is_seen_or_repeated_nothing_is_refused() =>
        Assert.That(Sources(TestPrompts.Of([s_test[0], s_test[3]], s_trained, PromptRule.Refuse, PromptRule.Refuse).Pairs), Is.EqualTo("test(1) test(4)"));

    // the parts of every earlier split hang on it
    [Test]
    public void A_prompt_s_key_is_its_conversation_as_text() =>
        Assert.That(TestPrompts.Key(s_trained[0] with { Prompt = [new(Role.User, "a"), new(Role.Assistant, "b"), new(Role.User, "c")] }), Is.EqualTo("\n\nHuman: a\n\nAssistant: b\n\nHuman: c"));

    [Test]
    public void Nothing_left_is_refused() => Assert.That(() => TestPrompts.Of([s_test[1], s_test[4]], s_trained, PromptRule.Drop, PromptRule.Drop),
        Throws.TypeOf<InvalidDataException>().With.Message.StartsWith("no test prompt is left of 2 (1 different ones): 2 are among the prompts that are trained on (test(2), test(5)); "));

    [Test]
    public void More_than_twenty_are_named_in_part()
    {
        PreferencePair[] test = [.. Enumerable.Range(1, 22).Select(row => Pair($"test({row})", "a"))];
        string first = string.Join(", ", test.Take(20).Select(pair => pair.Source));
        Assert.That(TestPrompts.Names(test[..20]), Is.EqualTo(first));
        Assert.That(TestPrompts.Names(test), Is.EqualTo($"{first} and 2 more"));
        Assert.That(() => TestPrompts.Of(test, s_trained, PromptRule.Drop, PromptRule.Keep), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"no test prompt is left of 22 (1 different ones): 22 are among the prompts that are trained on ({first} and 2 more); "
            + "give other test prompts, or keep these by \"seenTestPrompts\": \"keep\" in the recipe's data"));
        Assert.That(new Share(9, 2312).ToString() + new Share(0, 0).Value, Is.EqualTo("9 of 2312 (0.4 %)0"));
    }

    [Test]
    public void A_conversation_with_other_roles_is_another_prompt()
    {
        PreferencePair tool = s_trained[0] with { Prompt = [new(Role.User, "a"), new(Role.Tool, "x")], Source = "test(9)" };
        Assert.That(TestPrompts.Of([tool], s_trained, PromptRule.Drop, PromptRule.Drop).Pairs, Has.Count.EqualTo(1));
    }

    private static PreferencePair Pair(string source, string prompt) => new(source, [new(Role.User, prompt)], $"chosen {source}", "rejected");

    private static string Sources(IEnumerable<PreferencePair> pairs) => string.Join(' ', pairs.Select(pair => pair.Source));
}
