using System.Numerics;

namespace Alignment.Tokenization;

/// <summary>A vocabulary and merges as Hugging Face files spell them, checked and turned into tables.</summary>
internal static class VocabularyTable
{
    /// <summary>The two halves of a line of merges.txt; null where it is none.</summary>
    public static (string Left, string Right)? Merge(string line)
    {
        int space = line.IndexOf(' ');
        return space > 0 && space < line.Length - 1 && line.IndexOf(' ', space + 1) < 0 ? (line[..space], line[(space + 1)..]) : null;
    }

    /// <summary>Tokens by id.</summary>
    /// <exception cref="InvalidDataException">An id is negative, absurd or given twice.</exception>
    public static string?[] Pieces(IEnumerable<KeyValuePair<string, int>> vocabulary, string path)
    {
        List<KeyValuePair<string, int>> tokens = [.. vocabulary.OrderBy(v => v.Value)];
        if (tokens.Count == 0 || tokens[0].Value < 0 || tokens[^1].Value > (2 * tokens.Count) + 1000)
            throw new InvalidDataException(tokens.Count == 0 ? $"{path}: no tokens"
                : $"{path}: {tokens.Count} tokens with ids {tokens[0].Value} … {tokens[^1].Value}");
        string?[] pieces = new string?[tokens[^1].Value + 1];
        foreach ((string token, int id) in tokens)
        {
            if (pieces[id] is { } other && other != token)
                throw new InvalidDataException($"{path}: id {id} is both \"{other}\" and \"{token}\"");
            pieces[id] = token;
        }
        return pieces;
    }

    /// <summary>The merges by id; their order is their rank.</summary>
    /// <exception cref="InvalidDataException">A merge names a token that the vocabulary lacks.</exception>
    public static PairTable Pairs(Dictionary<string, int> vocabulary, IReadOnlyList<(string Left, string Right)> merges, string path)
    {
        List<(int, int, int, int)> pairs = new(merges.Count);
        foreach ((int rank, (string left, string right)) in merges.Index())
            pairs.Add((Id(left), Id(right), rank, Id(left + right)));
        return new(pairs);

        int Id(string token) => vocabulary.TryGetValue(token, out int id) ? id
            : throw new InvalidDataException($"{path}: merge {pairs.Count + 1} needs \"{token}\", which the vocabulary does not have");
    }
}

/// <summary>Which two neighbouring symbols merge, into what and how early: an open-addressing hash table, read-only once built.</summary>
internal sealed class PairTable
{
    /// <summary>The rank of a pair that does not merge.</summary>
    public const int NoMerge = int.MaxValue;

    private readonly ulong[] _keys;
    private readonly (int Rank, int Merged)[] _values;
    private readonly int _shift;

    public PairTable(IReadOnlyCollection<(int Left, int Right, int Rank, int Merged)> merges)
    {
        int bits = Math.Max(4, BitOperations.Log2((uint)Math.Max(1, merges.Count)) + 2);
        _keys = new ulong[1 << bits];
        _values = new (int, int)[1 << bits];
        _shift = 64 - bits;
        Array.Fill(_keys, ulong.MaxValue);
        foreach ((int left, int right, int rank, int merged) in merges)
            Add(Key(left, right), rank, merged);
    }

    /// <summary>The rank of the merge (lower is earlier) and the symbol it makes; <see cref="NoMerge"/> where there is none.</summary>
    public (int Rank, int Merged) Find(int left, int right)
    {
        if ((left | right) < 0)
            return (NoMerge, -1);
        ulong key = Key(left, right);
        for (int slot = Slot(key); ; slot = (slot + 1) & (_keys.Length - 1))
        {
            if (_keys[slot] == key)
                return _values[slot];
            if (_keys[slot] == ulong.MaxValue)
                return (NoMerge, -1);
        }
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private int Slot(ulong key) => (int)((key * 0x9E3779B97F4A7C15) >> _shift);

    private void Add(ulong key, int rank, int merged)
    {
        int slot = Slot(key);
        while (_keys[slot] != ulong.MaxValue && _keys[slot] != key)
            slot = (slot + 1) & (_keys.Length - 1);
        // a pair listed twice keeps its earlier rank
        if (_keys[slot] == key && _values[slot].Rank <= rank)
            return;
        _keys[slot] = key;
        _values[slot] = (rank, merged);
    }
}
