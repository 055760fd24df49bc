using System.Numerics;

namespace Alignment.Tokenization;

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
