using System.Text;
using Alignment.Tokenization;

namespace Alignment.Data.World;

/// <summary>
/// Learns a byte-level BPE (Sennrich et al. 2016, with GPT-2's bytes and word pattern): the most frequent pair of neighbours is merged again
/// and again. Ties go to the pair that comes first in ordinal order, so the same text always gives the same merges.
/// </summary>
internal static class BpeTrainer
{
    /// <summary>Learns from <paramref name="texts"/> at most <paramref name="merges"/> merges, fewer when every word is one token before.</summary>
    public static BpeVocabulary Train(IEnumerable<string> texts, int merges, IReadOnlyList<string> specialTokens)
    {
        List<Word> words = [.. texts
            .SelectMany(Words)
            .CountBy(word => word)
            .Select(word => new Word([.. Encoding.UTF8.GetBytes(word.Key).Select(value => ByteAlphabet.Of(value).ToString())], word.Value))];
        List<(string Left, string Right)> learned = [];
        while (learned.Count < merges && MostFrequent(words) is { } pair)
        {
            learned.Add(pair);
            foreach (Word word in words)
                Merge(word.Pieces, pair);
        }
        return new(learned, specialTokens);
    }

    private static IEnumerable<string> Words(string text)
    {
        for (int start = 0, length; start < text.Length; start += length)
        {
            length = WordSplit.First(text.AsSpan(start));
            yield return text.Substring(start, length);
        }
    }

    private static (string Left, string Right)? MostFrequent(List<Word> words)
    {
        Dictionary<(string Left, string Right), int> counts = [];
        foreach (Word word in words)
        {
            for (int i = 1; i < word.Pieces.Count; i++)
            {
                (string, string) pair = (word.Pieces[i - 1], word.Pieces[i]);
                counts[pair] = counts.GetValueOrDefault(pair) + word.Count;
            }
        }
        return counts
            .OrderByDescending(entry => entry.Value)
            .ThenBy(entry => entry.Key.Left, StringComparer.Ordinal)
            .ThenBy(entry => entry.Key.Right, StringComparer.Ordinal)
            .Select(entry => ((string, string)?)entry.Key)
            .FirstOrDefault();
    }

    private static void Merge(List<string> pieces, (string Left, string Right) pair)
    {
        for (int i = 1; i < pieces.Count; i++)
        {
            if (pieces[i - 1] != pair.Left || pieces[i] != pair.Right)
                continue;
            pieces[i - 1] += pieces[i];
            pieces.RemoveAt(i);
        }
    }

    private sealed record Word(List<string> Pieces, int Count);
}
