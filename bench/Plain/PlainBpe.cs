using System.Text;
using Alignment.Data.World;
using Alignment.Tokenization;

namespace Alignment.Bench.Plain;

/// <summary>The readable twin of <see cref="ByteLevelBpe"/> on the embedded world: words, then again and again the earliest merge of all neighbours.</summary>
internal sealed class PlainBpe
{
    private readonly Dictionary<(string, string), int> _ranks = [];
    private readonly Func<string, int> _idOf;

    /// <summary>The world's vocabulary.</summary>
    public PlainBpe()
    {
        using var merges = new StreamReader(WorldVocabulary.OpenMerges());
        foreach ((int rank, string line) in merges.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Index())
            _ranks[(line.Split(' ')[0], line.Split(' ')[1])] = rank;
        var vocabulary = (VocabularyTokenizer)EmbeddedWorld.Tokenizer.Text;
        _idOf = piece => vocabulary.IdOf(piece)!.Value;
    }

    /// <summary>Ids of a text without markers.</summary>
    public List<int> Encode(string text)
    {
        List<int> ids = [];
        for (string rest = text; rest.Length > 0;)
        {
            string word = rest[..WordSplit.First(rest)];
            ids.AddRange(Merged([.. Encoding.UTF8.GetBytes(word).Select(b => ByteAlphabet.Of(b).ToString())]).Select(_idOf));
            rest = rest[word.Length..];
        }
        return ids;
    }

    private List<string> Merged(List<string> symbols)
    {
        while (symbols.Count > 1)
        {
            int first = Enumerable.Range(0, symbols.Count - 1).MinBy(Rank);
            if (Rank(first) == int.MaxValue)
                break;
            symbols[first] += symbols[first + 1];
            symbols.RemoveAt(first + 1);
        }
        return symbols;

        int Rank(int left) => _ranks.GetValueOrDefault((symbols[left], symbols[left + 1]), int.MaxValue);
    }
}
