using Alignment.Files;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

/// <summary>The hash tables of merges and of pieces against dictionaries.</summary>
public class TokenTableTests
{
    [Test]
    public void Every_pair_is_found_and_no_other([Values(0, 1, 2, 3, 17, 700, 2500)] int count)
    {
        SeededRandom random = new((ulong)count, "test/pairs");
        Dictionary<(int, int), (int, int)> twin = [];
        for (int i = 0; twin.Count < count; i++)
            twin.TryAdd((random.NextInt(60), random.NextInt(60)), (i, i + 1000));
        PairTable table = new([.. twin.Select(pair => (pair.Key.Item1, pair.Key.Item2, pair.Value.Item1, pair.Value.Item2))]);
        for (int left = -1; left < 62; left++)
            for (int right = -1; right < 62; right++)
                Assert.That(table.Find(left, right), Is.EqualTo(twin.GetValueOrDefault((left, right), (PairTable.NoMerge, -1))), $"{left} {right}");
    }

    [Test]
    public void A_pair_listed_twice_keeps_its_earlier_rank()
    {
        Assert.That(new PairTable([(1, 2, 5, 7), (1, 2, 3, 8)]).Find(1, 2), Is.EqualTo((3, 8)));
        Assert.That(new PairTable([(1, 2, 3, 8), (1, 2, 5, 7)]).Find(1, 2), Is.EqualTo((3, 8)));
        Assert.That(new PairTable([(1, 2, 3, 8), (1, 2, 3, 7)]).Find(1, 2), Is.EqualTo((3, 8)), "of equal ones the first");
    }

    [Test]
    public void Every_piece_is_found_behind_its_characters_and_no_other([Values(0, 1, 3, 300)] int count)
    {
        SeededRandom random = new((ulong)count, "test/pieces");
        Dictionary<string, int> pieces = new() { [""] = 5000 }; // of no character: never found
        while (pieces.Count < count + 1)
            pieces.TryAdd(Word(random, 1 + random.NextInt(5)), pieces.Count);
        PieceTrie trie = new(pieces);
        Assert.That(trie.PieceAt(PieceTrie.Root), Is.EqualTo(-1));
        for (int i = 0; i < 2000; i++)
        {
            string text = Word(random, 7);
            int node = PieceTrie.Root;
            for (int end = 1; end <= text.Length && node >= 0; end++)
            {
                node = trie.Next(node, text[end - 1]);
                Assert.That(node >= 0, Is.EqualTo(pieces.Keys.Any(piece => piece.StartsWith(text[..end], StringComparison.Ordinal))), text[..end]);
                if (node >= 0)
                    Assert.That(trie.PieceAt(node), Is.EqualTo(pieces.GetValueOrDefault(text[..end], -1)), text[..end]);
            }
        }
    }

    private static string Word(SeededRandom random, int length) => string.Concat(Enumerable.Range(0, length).Select(_ => "ab▁日"[random.NextInt(4)]));
}
