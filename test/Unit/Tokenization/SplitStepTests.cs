using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

/// <summary>What becomes of matches, by the rules of Hugging Face tokenizers; X is a match.</summary>
public class SplitStepTests
{
    [TestCase("Isolated", "a|X|X|b|X|c", "a|X|X|b|X|c")]
    [TestCase("Removed", "a|b|c", "X|X|X")]
    [TestCase("Contiguous", "a|XX|b|X|c", "a|XX|b|X|c")]
    [TestCase("MergedWithPrevious", "aX|X|bX|c", "a|X|Xb|Xc")]
    [TestCase("MergedWithNext", "a|X|Xb|Xc", "aX|X|bX|c")]
    public void Matches_are_words_or_join_their_neighbours(string behavior, string words, string inverted) =>
        Assert.That((Words(behavior, false, "aXXbXc"), Words(behavior, true, "aXXbXc")), Is.EqualTo((words, inverted)));

    [TestCase("Xa", "X|a", "a", "X|a", "X|a", "Xa")]
    [TestCase("aX", "a|X", "a", "a|X", "aX", "a|X")]
    [TestCase("XX", "X|X", "", "XX", "X|X", "X|X")]
    [TestCase("X", "X", "", "X", "X", "X")]
    [TestCase("ab", "ab", "ab", "ab", "ab", "ab")]
    [TestCase("😀X𐐀", "😀|X|𐐀", "😀|𐐀", "😀|X|𐐀", "😀X|𐐀", "😀|X𐐀")]
    public void Matches_at_the_ends_have_one_neighbour(string text, string isolated, string removed, string contiguous, string previous, string next) => Assert.That(
        Enum.GetNames<SplitBehavior>().Select(behavior => Words(behavior, false, text)), Is.EqualTo(new[] { isolated, removed, contiguous, previous, next }));

    [TestCase("ab", ""), TestCase("XX", "X|X")]
    public void Without_the_rest_only_matches_are_left(string text, string words) => Assert.That(Words("Removed", true, text), Is.EqualTo(words));

    [Test]
    public void Empty_matches_are_no_words_and_part_those_beside_them()
    {
        foreach (SplitBehavior behavior in Enum.GetValues<SplitBehavior>())
            Assert.That(Shown(new((text, matches) => matches.AddRange([(0, 0), (1, 1), (2, 2)]), behavior, Inverted: false), "ab"), Is.EqualTo("a|b"), $"{behavior}");
    }

    private static string Words(string behavior, bool inverted, string text) =>
        Shown(SplitStep.At(rune => rune.Value == 'X', Enum.Parse<SplitBehavior>(behavior)) with { Inverted = inverted }, text);

    private static string Shown(SplitStep step, string text) => string.Join('|', step.Words(text).Select(word => text[word.Start..word.End]));
}
