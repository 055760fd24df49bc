using System.Numerics;

namespace Alignment.Tokenization;

/// <summary>Finds the pieces a text begins with, the shortest first: a tree of characters in an open-addressing hash table, read-only once built.</summary>
internal sealed class PieceTrie
{
    /// <summary>The node that every text begins at.</summary>
    public const int Root = 0;

    private readonly ulong[] _keys;
    private readonly int[] _children;
    private readonly List<int> _pieces = [-1];
    private readonly int _shift;

    public PieceTrie(IReadOnlyDictionary<string, int> pieces)
    {
        int bits = Math.Max(4, BitOperations.Log2((uint)Math.Max(1, pieces.Keys.Sum(piece => piece.Length))) + 2);
        (_keys, _children, _shift) = (new ulong[1 << bits], new int[1 << bits], 64 - bits);
        Array.Fill(_keys, ulong.MaxValue);
        foreach ((string piece, int id) in pieces.Where(one => one.Key.Length > 0))
        {
            int node = Root;
            foreach (char c in piece)
                node = Added(node, c);
            _pieces[node] = id;
        }
    }

    /// <summary>The node behind a character; −1 where no piece goes on so.</summary>
    public int Next(int node, char character)
    {
        int slot = Slot(Key(node, character));
        return _keys[slot] == ulong.MaxValue ? -1 : _children[slot];
    }

    /// <summary>The piece that ends at a node; −1 where none does.</summary>
    public int PieceAt(int node) => _pieces[node];

    private int Added(int node, char character)
    {
        int slot = Slot(Key(node, character));
        if (_keys[slot] != ulong.MaxValue)
            return _children[slot];
        (_keys[slot], _children[slot]) = (Key(node, character), _pieces.Count);
        _pieces.Add(-1);
        return _children[slot];
    }

    private static ulong Key(int node, char character) => ((ulong)(uint)node << 16) | character;

    private int Slot(ulong key)
    {
        int slot = (int)((key * 0x9E3779B97F4A7C15) >> _shift);
        while (_keys[slot] != key && _keys[slot] != ulong.MaxValue)
            slot = (slot + 1) & (_keys.Length - 1);
        return slot;
    }
}
