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
    }
}
