using Alignment.Data;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data;

public class PackedPairsTests
{
    private static readonly PreferencePair[] s_pairs = [.. Enumerable.Range(0, 5000).Select(i => new PreferencePair($"rows.jsonl({i})",
        [new(Role.System, "Be kind é \u0001"), new(Role.User, $"question {i} 😀 \"quoted\""), .. i % 3 == 0 ? new Message[] { new(Role.Assistant, "a\nb"), new(Role.Tool, "x") } : []],
        $"chosen {i} {new string('c', i % 700)}", $"rejected {i} \\ </s>"))];

    [Test]
    public void Pairs_come_back_as_they_were_in_any_order_and_take_less_memory()
    {
        PackedPairs packed = PackedPairs.Of(s_pairs);
        Assert.That(packed, Has.Count.EqualTo(s_pairs.Length));
        Assert.That(ContentHash.Of(packed), Is.EqualTo(ContentHash.Of(s_pairs)));
        foreach (int i in new[] { 4999, 0, 2500, 2501, 1 })
        {
            Assert.That(packed[i].Source, Is.EqualTo(s_pairs[i].Source));
            Assert.That(packed[i].Prompt, Is.EqualTo(s_pairs[i].Prompt));
            Assert.That((packed[i].Chosen, packed[i].Rejected), Is.EqualTo((s_pairs[i].Chosen, s_pairs[i].Rejected)));
        }

        Assert.That(PackedPairs.Of([]), Is.Empty);
    }

    [Test]
    public void Two_threads_read_the_same_pairs()
    {
        PackedPairs packed = PackedPairs.Of(s_pairs);
        string wanted = ContentHash.Of(s_pairs);
        Assert.That(Enumerable.Range(0, 4).AsParallel().WithDegreeOfParallelism(4).Select(_ => ContentHash.Of(packed)), Is.All.EqualTo(wanted));
    }

    [Test]
    public void A_selection_has_some_pairs_in_its_own_order()
    {
        PairSelection some = new(s_pairs, [4, 2, 4]);
        Assert.That(some, Has.Count.EqualTo(3));
        Assert.That(some, Is.EqualTo(new[] { s_pairs[4], s_pairs[2], s_pairs[4] }));
        Assert.That((some[0], some[1]), Is.EqualTo((s_pairs[4], s_pairs[2])));
        Assert.That(((System.Collections.IEnumerable)some).Cast<PreferencePair>(), Is.EqualTo(some));
        Assert.That(((System.Collections.IEnumerable)PackedPairs.Of(s_pairs[..2])).Cast<PreferencePair>().Select(pair => pair.Source), Is.EqualTo(new[] { "rows.jsonl(0)", "rows.jsonl(1)" }));
    }

    [Test]
    public void Prompts_of_several_blocks_are_sorted_among_each_other()
    {
        PreferencePair[] pairs = [.. Enumerable.Range(0, 50).Select(i => new PreferencePair($"{i}", [new(Role.User, $"{i * 37 % 50:00}{new string('x', 1 << 16)}{i}")], "c", "r"))];
        UInt128[] wanted = [.. pairs.OrderBy(TestPrompts.Key, StringComparer.Ordinal).Select(TestPrompts.Hash)];
        Assert.That(DistinctPrompts.Sorted([.. pairs, .. pairs]), Is.EqualTo(wanted));
    }

    [TestCase("", "", 0), TestCase("", "a", -1), TestCase("ab", "a", 1), TestCase("ab", "ab", 0), TestCase("b", "ab", 1)]
    [TestCase("\uD7FF", "\uE000", -1), TestCase("\uFFFD", "\U0001F600", 1), TestCase("\U0001F600", "\uD7FF", 1), TestCase("\uE000", "\U0010FFFF", 1), TestCase("\uE000", "\uFFFD", -1)]
    public void UTF_8_is_compared_as_UTF_16_is(string a, string b, int order)
    {
        int compared = DistinctPrompts.Compare(System.Text.Encoding.UTF8.GetBytes(a), System.Text.Encoding.UTF8.GetBytes(b));
        Assert.That((Math.Sign(compared), Math.Sign(string.CompareOrdinal(a, b))), Is.EqualTo((order, order)));
    }

    [Test]
    public void Tokenized_pairs_come_back_as_they_were()
    {
        TokenizedPair[] pairs = [.. Enumerable.Range(0, 3000).Select(i => new TokenizedPair($"rows.jsonl({i})", [1, 127, 128, 16384, 151_935, int.MaxValue],
            [.. Enumerable.Range(0, i % 900)], [i], i % 2 == 0, i % 5 == 0))];
        TokenizedPairs packed = TokenizedPairs.Of(pairs);
        Assert.That(packed, Has.Count.EqualTo(pairs.Length));
        foreach (int i in Enumerable.Range(0, pairs.Length).Reverse())
        {
            Assert.That((packed[i].Source, packed[i].ChosenCut, packed[i].RejectedCut), Is.EqualTo((pairs[i].Source, pairs[i].ChosenCut, pairs[i].RejectedCut)));
            Assert.That(packed[i].Prompt, Is.EqualTo(pairs[i].Prompt));
            Assert.That(packed[i].Chosen, Is.EqualTo(pairs[i].Chosen));
            Assert.That(packed[i].Rejected, Is.EqualTo(pairs[i].Rejected));
        }
        Assert.That(packed.Select(pair => pair.Source), Is.EqualTo(pairs.Select(pair => pair.Source)));
        Assert.That(((System.Collections.IEnumerable)packed).Cast<TokenizedPair>().Count(), Is.EqualTo(pairs.Length));
        Assert.That(TokenizedPairs.Of([]), Is.Empty);
    }
}
