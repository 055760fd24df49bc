using Alignment.Data;
using Alignment.Files;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data;

public class PromptSplitTests
{
    [Test]
    public void The_parts_of_a_split_share_no_prompt_and_lose_no_pair()
    {
        PreferencePair[] pairs = [.. Enumerable.Range(0, 300)
            .Select(i => new PreferencePair($"{i}", [new(Role.User, $"prompt {i % 100}")], "c", "r"))];
        PromptSplit split = PromptSplit.Of(pairs, new(Reward: 0.3, Test: 0.2), seed: 5);
        Assert.That((split.Training.Count, split.Reward.Count, split.Test.Count), Is.EqualTo((150, 90, 60)));
        Assert.That(Prompts(split.Training).Intersect(Prompts(split.Reward)).Concat(Prompts(split.Test).Intersect(Prompts(split.Training)))
            .Concat(Prompts(split.Test).Intersect(Prompts(split.Reward))), Is.Empty);
        Assert.That(PromptSplit.Of([.. pairs.Reverse()], new(0.3, 0.2), 5).Test.Reverse(), Is.EqualTo(split.Test));
        Assert.That(PromptSplit.Of(pairs, new(0.3, 0.2), 6).Test, Is.Not.EqualTo(split.Test));
    }

    [TestCase(0, 0.2, 240, 0, 60), TestCase(0.3, 0, 210, 90, 0), TestCase(0, 0, 300, 0, 0)]
    public void A_part_may_be_none(double reward, double test, int training, int rewarded, int tested)
    {
        PreferencePair[] pairs = [.. Enumerable.Range(0, 300).Select(i => new PreferencePair($"{i}", [new(Role.User, $"prompt {i % 100}")], "c", "r"))];
        PromptSplit split = PromptSplit.Of(pairs, new(reward, test), seed: 5);
        Assert.That((split.Training.Count, split.Reward.Count, split.Test.Count), Is.EqualTo((training, rewarded, tested)));
    }

    // the parts of every earlier sweep hang on this order
    [Test]
    public void Prompts_are_sorted_as_their_UTF_16_is_and_dealt_out_in_a_shuffle_of_that_order()
    {
        string[] letters = ["a", "z", "é", "\uE000", "\uFFFD", "\uD7FF", "😀", "\U0010FFFF", "一", ""];
        PreferencePair[] pairs = [.. letters.SelectMany(one => letters.Select(two => new PreferencePair($"{one}{two}", [new(Role.User, $"x{one}y{two}")], "c", "r"))).Reverse()];
        string[] keys = [.. pairs.Select(TestPrompts.Key).Order(StringComparer.Ordinal)];
        Assert.That(DistinctPrompts.Sorted([.. pairs, .. pairs]), Is.EqualTo(keys.Select(key => ContentHash.OfTexts(key))));
        new SeededRandom(3, "split/prompts").Shuffle<string>(keys);
        Assert.That(PromptSplit.Of(pairs, new(0.3, 0.2), 3).Test.Select(TestPrompts.Key), Is.EquivalentTo(keys[..20]));
        Assert.That(PromptSplit.Of(pairs, new(0.3, 0.2), 3).Reward.Select(TestPrompts.Key), Is.EquivalentTo(keys[20..50]));
    }

    [TestCase(0.5, 0.5)]
    [TestCase(-0.1, 0.5)]
    [TestCase(double.NaN, 0.5)]
    public void Shares_that_leave_nothing_for_training_are_refused(double reward, double test)
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => PromptSplit.Of([], new(reward, test), 1))!;
        Assert.That(e.Message, Does.StartWith(
            FormattableString.Invariant($"shares must be ≥ 0 and add up to less than 1, were reward {reward} and test {test}")));
    }

    [Test]
    public void The_content_hash_sees_texts_roles_and_order_but_not_sources()
    {
        PreferencePair a = new("x", [new(Role.User, "p")], "c", "r"), b = a with { Chosen = "cr", Rejected = "" };
        Assert.That(ContentHash.Of([]), Is.EqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"), "SHA-256 of nothing");
        Assert.That(ContentHash.Of([a with { Source = "y" }]), Is.EqualTo(ContentHash.Of([a])));
        Assert.That(ContentHash.Of([a]), Is.EqualTo("96c8cc5e946324320b178b5ba9a4c9c3e0ff5324029033a49c54bc4813b8fafa"), "run ids hang on it");
        string[] others = [ContentHash.Of([b]), ContentHash.Of([a, b]), ContentHash.Of([b, a]),
            ContentHash.Of([a with { Prompt = [new(Role.System, "p")] }])];
        Assert.That(others.Append(ContentHash.Of([a])), Is.Unique);
    }

    private static HashSet<string> Prompts(IEnumerable<PreferencePair> pairs) => [.. pairs.Select(p => p.Prompt[0].Text)];
}
