using System.Text;

namespace Alignment.Data;

/// <summary>The different prompts of some pairs in the ordinal order of their keys, held as UTF-8: a million take a third of what texts would.</summary>
internal sealed class DistinctPrompts
{
    private const int BlockBytes = 1 << 20;

    private readonly List<byte[]> _blocks = [];
    private readonly List<(int Block, int Begin, int Length)> _places = [];
    private readonly List<UInt128> _hashes = [];

    private DistinctPrompts()
    {
    }

    /// <summary>The fingerprints (<see cref="TestPrompts.Hash"/>) of the prompts, in the ordinal order of the keys.</summary>
    public static UInt128[] Sorted(IReadOnlyList<PreferencePair> pairs)
    {
        DistinctPrompts prompts = new();
        prompts.Take(pairs);
        int[] order = [.. Enumerable.Range(0, prompts._places.Count)];
        Array.Sort(order, (a, b) => Compare(prompts.Key(a), prompts.Key(b)));
        return [.. order.Select(prompt => prompts._hashes[prompt])];
    }

    /// <summary>Compares texts in UTF-8 as their UTF-16 is compared ordinally: letters beyond the first plane stand before U+E000.</summary>
    public static int Compare(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        int same = a.CommonPrefixLength(b);
        return same == a.Length || same == b.Length ? a.Length.CompareTo(b.Length) : Weight(a[same]).CompareTo(Weight(b[same]));

        // 0xEE and 0xEF begin U+E000 to U+FFFF, 0xF0 and above the surrogate pairs
        static int Weight(byte lead) => lead is 0xEE or 0xEF ? lead + 0x10 : lead;
    }

    private void Take(IReadOnlyList<PreferencePair> pairs)
    {
        HashSet<UInt128> met = new(pairs.Count);
        using MemoryStream open = new();
        foreach (PreferencePair pair in pairs)
        {
            string key = TestPrompts.Key(pair);
            UInt128 hash = ContentHash.OfTexts(key);
            if (!met.Add(hash))
                continue;
            byte[] utf8 = Encoding.UTF8.GetBytes(key);
            _hashes.Add(hash);
            _places.Add((_blocks.Count, (int)open.Length, utf8.Length));
            open.Write(utf8);
            if (open.Length < BlockBytes)
                continue;
            _blocks.Add(open.ToArray());
            open.SetLength(0);
        }

        _blocks.Add(open.ToArray());
    }

    private ReadOnlySpan<byte> Key(int prompt)
    {
        (int block, int begin, int length) = _places[prompt];
        return _blocks[block].AsSpan(begin, length);
    }
}
